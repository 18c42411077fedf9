"""The end of a run in pytest: its exit code, and the words in the terminal."""

from pathlib import Path

import pytest

from trueup.model.verdict import Verdict
from trueup.report import words
from trueup.suite.asking import Asking, Finished, Reported
from trueup.suite.recorder import Recorder, exit_code
from trueup.suite.stash import BRIEF

BROKEN_OFF = frozenset({pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR})
"""Pytest's exit codes after which nobody knows what the rest would have said."""

NOT_WRITTEN = 2
"""The exit code where all holds, and the report could not be written."""


def end_unread(session: pytest.Session) -> bool:
    """
    End a run before it asks, where a module could not be read: it would lack what that one has.

    A worker of xdist would go on with the others, and is replaced where it ends by an exception.
    """
    said = f"{session.testsfailed} error{'s' * (session.testsfailed > 1)} during collection"
    if not hasattr(session.config, "workerinput"):
        raise session.Interrupted(said)
    session.shouldstop = said
    return True


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
        stopped=is_stopped(session) and not _is_through(session, len(recorder.records)),
        costs=tuple(recorder.costs),
    )
    found = asking.finished(reported)
    code = exit_code(found.run, _code(session), session.testsfailed)
    session.exitstatus = code or (NOT_WRITTEN if found.refusal else 0)
    return found


def _code(session: pytest.Session) -> int:
    """Pytest's own exit code; xdist says of a run that -x ended that it was interrupted."""
    interrupted = session.exitstatus == pytest.ExitCode.INTERRUPTED
    failed = session.shouldfail and interrupted
    return int(pytest.ExitCode.TESTS_FAILED if failed else session.exitstatus)


def is_stopped(session: pytest.Session) -> bool:
    """Whether it ended early, as by -x or Ctrl-C: then nothing more is asked than must be."""
    return bool(session.shouldstop or session.shouldfail or session.exitstatus in BROKEN_OFF)


def _is_through(session: pytest.Session, records: int) -> bool:
    """Whether it ended with the last of them; with workers only they know how many there were."""
    chosen = [item for item in getattr(session, "items", ()) if hasattr(item, "invariant")]
    return 0 < len(chosen) <= records


def tell(reporter: pytest.TerminalReporter, finished: Finished) -> None:
    """Print what is unknown, and the closing summary with what to do next, unless it is brief."""
    unknown = finished.run.having(Verdict.UNKNOWN)
    if unknown:
        reporter.section("UNKNOWN", yellow=True)
    for record in unknown:
        reporter.write_line("\n".join(words.unknown(record)) + "\n")
    reporter.section("trueup")
    brief = reporter.config.stash.get(BRIEF, False)
    for line in words.closing(finished.run, finished.page, brief=brief):
        reporter.write_line(line)
    if finished.refusal:
        reporter.write_line(f"the report was not written: {finished.refusal}", red=True)


def selected(config: pytest.Config) -> str:
    """What narrows the run, as it was said; empty where all of its systems is meant."""
    said = [config.option.keyword, config.option.markexpr]
    narrowed = [arg for arg in config.args if "::" in arg or arg.endswith(".py")]
    return " ".join([*filter(None, said), *(Path(arg).name for arg in narrowed)])
