"""What was mended since the last run, from the journal, where the reader may see that much."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from trueup.errors import ReplicaError
from trueup.history.compared import Compared
from trueup.model.run import Mended
from trueup.replica.reader import Reader
from trueup.report.mask import MASKED
from trueup.report.scrub import scrub
from trueup.suite.opened import Systems

FIRST = timedelta(days=1)
"""How far the first run looks back."""

LISTED = 100

SINCE = """
    select id, at, fix, undoes, applied_by, approved_by, rows, calls, alterations, proofs
    from trueup.applied
    where system = :system and at > :since
    order by at desc, id desc
    limit :listed
"""


def since(earlier: Sequence[Compared]) -> datetime:
    """When the last of the earlier runs ended, the newest first; a day ago where there was none."""
    return earlier[0].finished if earlier else datetime.now(UTC) - FIRST


def mended(systems: Systems, moment: datetime) -> tuple[Mended, ...]:
    """The entries since that moment, the newest first; none of a system that cannot be asked."""
    found: list[Mended] = []
    for system in systems.environments:

        def ask(reader: Reader, system: str = system) -> list[Mended]:
            return _of(reader, system, moment)

        try:
            found += systems.asked(system, ask) if systems.sees_journal(system) else []
        except ReplicaError:
            continue  # why it cannot be asked stands with its invariants
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def _of(reader: Reader, system: str, moment: datetime) -> list[Mended]:
    return [
        Mended(
            system=system,
            entry=int(str(row["id"])),
            at=datetime.fromisoformat(str(row["at"])),
            fix=str(row["fix"]),
            undoes=None if row["undoes"] is None else int(str(row["undoes"])),
            by=_named(row["applied_by"]),
            approved_by=None if row["approved_by"] is None else _named(row["approved_by"]),
            rows=int(str(row["rows"])),
            calls=int(str(row["calls"])),
            alterations=int(str(row["alterations"])),
            proofs=_latest(row["proofs"]),  # type: ignore[arg-type]  # an array of texts
        )
        for row in reader.rows(SINCE, system=system, since=moment, listed=LISTED)
    ]


def _latest(proofs: Sequence[str]) -> tuple[str, ...]:
    """What each invariant said last: on the replica, where it was asked there."""
    return tuple({said.partition(":")[0]: said for said in proofs}.values())


def _named(who: object) -> str:
    """An operator's name, unless it is an address, which no report may show."""
    return MASKED if scrub(str(who)) else str(who)
