"""An earlier run, as far as a later one is compared with it: there are thirty, so each is small."""

import sys
from collections.abc import Iterable, Mapping

from msgspec import Struct

from trueup.model.run import Instant, MetricRecord, Record, Run, narrowed
from trueup.model.run_json import part
from trueup.model.verdict import Verdict


class Look(Struct, frozen=True):
    """What one invariant came to; the fields are those of its record."""

    verdict: Verdict
    count: int
    counted_all: bool
    keys: tuple[str, ...]
    waived: int
    maintenance: str

    @property
    def unwaived(self) -> int:
        """As of its record."""
        return self.count - self.waived


class Compared(Struct, frozen=True):
    """A run without what nobody compares; `systems` are its systems' names, `looks` are by id."""

    id: str
    finished: Instant
    as_of: Instant
    narrowed: str
    systems: frozenset[str]
    looks: Mapping[str, Look]
    metrics: tuple[MetricRecord, ...]


class _Named(Struct):
    name: str


class _Record(Struct):
    """A record's fields that make a look; a format without one of them meant its default."""

    system: str
    name: str
    verdict: Verdict
    count: int = 0
    counted_all: bool = True
    keys: tuple[str, ...] = ()
    waived: int = 0
    maintenance: str = ""


class _Run(Struct):
    id: str
    finished: Instant
    as_of: Instant
    selection: str
    systems: tuple[_Named, ...]
    records: list[_Record]
    metrics: tuple[MetricRecord, ...] = ()
    stopped: bool = False

    @property
    def narrowed(self) -> str:
        """As of a run."""
        return narrowed(self.selection, stopped=self.stopped)


class Memory:
    """Reads run after run; what one has in common with those before it is kept once."""

    def __init__(self) -> None:
        self._known: dict[Look, Look] = {}

    def read(self, data: bytes) -> Compared:
        """Read one whose `head` is known; raises what `run_json.parse` does."""
        return self.kept(part(data, _Run))

    def kept(self, run: Run | _Run) -> Compared:
        """Keep of a run what is compared."""
        return Compared(
            id=run.id,
            finished=run.finished,
            as_of=run.as_of,
            narrowed=run.narrowed,
            systems=frozenset(system.name for system in run.systems),
            looks={sys.intern(f"{one.system}.{one.name}"): self._look(one) for one in run.records},
            metrics=run.metrics,
        )

    def _look(self, record: Record | _Record) -> Look:
        look = Look(
            verdict=record.verdict,
            count=record.count,
            counted_all=record.counted_all,
            keys=tuple(map(sys.intern, record.keys)),
            waived=record.waived,
            maintenance=record.maintenance,
        )
        return self._known.setdefault(look, look)


def compared(runs: Iterable[Run]) -> list[Compared]:
    """What is compared of runs that are read already, in their order."""
    return list(map(Memory().kept, runs))
