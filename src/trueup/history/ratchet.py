"""The ratchet: a run that fails only on what is new since another."""

from pathlib import Path

from msgspec.structs import replace

from trueup.errors import RunError
from trueup.history import folder
from trueup.history.past import BROKEN, named
from trueup.model.run import Record, Run
from trueup.model.verdict import Verdict

LAST = "last"
"""How the newest run of the environment is asked for."""


def chosen(asked: str, history: Path, environment: str) -> Path | None:
    """
    The folder of the run that somebody names by its id, its path, or as `last`.

    None where `last` is asked for and there is none yet, so that all is new. Raises RunError where
    the run is not there, or is one of another environment.
    """
    if asked == LAST:
        newest = next(folder.runs(history, environment), None)
        return history / newest.id if newest else None
    place = Path(asked) if Path(asked).exists() else history / asked
    run = folder.read(place)
    if run.environment != environment:
        raise RunError(f"the run {run.id} is one of {run.environment}, not of {environment}")
    return place


def held(record: Record, baseline: Run) -> Record:
    """
    The record, with `known` set where the baseline had each of its violations already.

    Compared by key; where a run did not name all of its keys, by their number. Where not even that
    was counted to its end, nothing is known; nor by a baseline that was made in maintenance, which
    woke nobody.
    """
    if record.verdict is not Verdict.VIOLATED:
        return record
    then = next((one for one in baseline.records if one.id == record.id), None)
    if then is None or then.maintenance or then.verdict not in BROKEN or not record.counted_all:
        return record
    if named(record) and named(then):
        known = set(record.keys[: record.unwaived]) <= set(then.keys)
    else:
        known = then.counted_all and record.count <= then.count
    return replace(record, known=baseline.id) if known else record
