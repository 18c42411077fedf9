"""The end of a run in pytest: its exit code, and the words in the terminal."""

from pathlib import Path

import pytest

from trueup.model.verdict import Verdict
from trueup.report import words
from trueup.suite.asking import Asking, Finished, Reported
from trueup.suite.recorder import Recorder, exit_code


def finish(session: pytest.Session, asking: Asking, recorder: Recorder) -> Finished | None:
    """
    Have the run made and written, and set pytest's exit code to what the verdicts say.

    Without a record there is no run: pytest's own code tells why.
    """
    if not recorder.records:
        return None
    reported = Reported(
        records=tuple(recorder.records),
        workers=int(getattr(session.config.option, "numprocesses", None) or 0),
        stopped=is_stopped(session),
        costs=tuple(recorder.costs),
    )
    found = asking.finished(reported)
    session.exitstatus = exit_code(found.run, int(session.exitstatus), session.testsfailed)
    return found


def is_stopped(session: pytest.Session) -> bool:
    """Whether it ended early, as by -x or Ctrl-C: then nothing more is asked than must be."""
    interrupted = session.exitstatus == pytest.ExitCode.INTERRUPTED
    return bool(session.shouldstop or session.shouldfail or interrupted)


def tell(reporter: pytest.TerminalReporter, finished: Finished) -> None:
    """Print what is unknown, and the closing summary with what to do next."""
    unknown = finished.run.having(Verdict.UNKNOWN)
    if unknown:
        reporter.section("UNKNOWN", yellow=True)
    for record in unknown:
        reporter.write_line("\n".join(words.unknown(record)) + "\n")
    reporter.section("trueup")
    for line in words.closing(finished.run, finished.page):
        reporter.write_line(line)
    if finished.refusal:
        reporter.write_line(f"the report was not written: {finished.refusal}", red=True)


def selected(config: pytest.Config) -> str:
    """What narrows the run, as it was said; empty where all of its systems is meant."""
    said = [config.option.keyword, config.option.markexpr]
    narrowed = [arg for arg in config.args if "::" in arg or arg.endswith(".py")]
    return " ".join([*filter(None, said), *(Path(arg).name for arg in narrowed)])
