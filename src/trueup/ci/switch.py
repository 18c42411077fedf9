"""The switch that notices silence: told after each run, it tells somebody when it hears nothing."""

from trueup.ci.hook import send
from trueup.model.run import Run
from trueup.model.verdict import Verdict


def ping(url: str, run: Run) -> str:
    """
    Tell the switch that the run came to its end, with its counts and nothing of any row.

    A run that found violations is as alive as another: what it found is for the issues.
    """
    return f"told the switch at {send('the switch', url, counts(run))}"


def counts(run: Run) -> dict[str, object]:
    """The run in numbers."""
    found: dict[str, object] = {
        str(verdict).replace(" ", "_"): len(run.having(verdict)) for verdict in Verdict
    }
    return found | {
        "run": run.id,
        "environment": run.environment,
        "verdict": str(run.verdict),
        "as_of": run.as_of.isoformat(),
    }
