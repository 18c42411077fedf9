"""The switch that notices silence: told after each run, it tells somebody when it hears nothing."""

from urllib.parse import urlsplit

import httpx

from trueup.errors import CiError, ConfigError
from trueup.model.run import Run
from trueup.model.verdict import Verdict

ATTEMPTS = 3
TIMEOUT = 10.0


def ping(url: str, run: Run) -> str:
    """
    Tell the switch that the run came to its end, with its counts and nothing of any row.

    A run that found violations is as alive as another: what it found is for the issues. Raises
    ConfigError for what is no https address, CiError where it does not answer.
    """
    host = urlsplit(url).hostname or ""
    if urlsplit(url).scheme != "https" and host not in ("127.0.0.1", "localhost"):
        raise ConfigError("the switch's address is not https; it would be told in the open")
    trouble = ""
    for _ in range(ATTEMPTS):
        try:
            # The address is a secret: nothing of it goes into a message but the host.
            answer = httpx.post(url, json=counts(run), timeout=TIMEOUT)
        except httpx.HTTPError as error:
            trouble = type(error).__name__
            continue
        if answer.is_success:
            return f"told the switch at {host}"
        trouble = f"status {answer.status_code}"
    raise CiError(f"the switch at {host} did not take it: {trouble}, {ATTEMPTS} times")


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
