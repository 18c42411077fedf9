"""What an earlier run teaches: how long each invariant took."""

from pathlib import Path


def seconds(history: Path, environment: str) -> dict[str, float]:
    """How many seconds each invariant took in the newest of the earlier runs, by its id."""
    from trueup.history import folder  # noqa: PLC0415  # for small tables nobody asks

    return folder.seconds(history, environment)
