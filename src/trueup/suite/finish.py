"""The end of a run: the exit code, run.json, the page, and the words in the terminal."""

from pathlib import Path

import pytest
from msgspec import Struct

from trueup.errors import RunError
from trueup.model.run import Run
from trueup.model.verdict import Verdict
from trueup.report import store, words
from trueup.suite.active import Active
from trueup.suite.recorder import Recorder, exit_code


class Finished(Struct, frozen=True):
    """The run, and its page: None with the reason where it was not written."""

    run: Run
    page: str | None
    refusal: str = ""


def finish(session: pytest.Session, active: Active, recorder: Recorder) -> Finished | None:
    """
    Make the run, write its folder, and set pytest's exit code to what the verdicts say.

    Without a record there is no run: pytest's own code tells why.
    """
    if is_stopped(session):
        active.systems.stop()
    if not recorder.records:
        return None
    config = session.config
    workers = int(getattr(config.option, "numprocesses", None) or 0)
    folder = active.project.root / config.option.reports
    selection = selected(config)
    run = recorder.run(active, selection, workers, explain=not is_stopped(session))
    session.exitstatus = exit_code(run, int(session.exitstatus), session.testsfailed)
    secrets = [s for env in active.systems.environments.values() for s in env.secrets]
    try:
        return Finished(run, _from_here(store.write(run, folder, secrets)))
    except RunError as error:
        return Finished(run, None, str(error))


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


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def selected(config: pytest.Config) -> str:
    """What narrows the run, as it was said; empty where all of its systems is meant."""
    said = [config.option.keyword, config.option.markexpr]
    narrowed = [arg for arg in config.args if "::" in arg or arg.endswith(".py")]
    return " ".join([*filter(None, said), *(Path(arg).name for arg in narrowed)])
