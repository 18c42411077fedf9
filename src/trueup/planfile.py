"""
A plan as a file: lines of JSON under a digest, read back a piece at a time.

The first line is the plan without its rows, then come the changes, the targets, the calls and the
alterations, one a line, in the order of their units; then the digest of all lines above it; then
approvals. So a plan of a hundred thousand rows is applied without ever being in memory, and a
reviewer can grep it.
"""

import hashlib
import os
import tempfile
import weakref
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, overload

import msgspec
from msgspec import MsgspecError
from msgspec.structs import replace

from trueup.errors import PlanError
from trueup.model.plan import (
    Approval,
    Plan,
    PlannedAlteration,
    PlannedCall,
    PlannedChange,
    Target,
)

FORMAT = 2

ROWS: Mapping[str, type] = {
    "changes": PlannedChange,
    "targets": Target,
    "calls": PlannedCall,
    "alterations": PlannedAlteration,
}
"""The parts of a plan that have a line for each of theirs, in their order."""

OUTSIDE = ("digest", "approvals")
"""What the digest does not cover."""

CHUNK = 500
"""Lines that are read together."""

NO_PLAN = "the file is not a plan; make one with `trueup plan`"

_ENCODE = msgspec.json.Encoder().encode

T = TypeVar("T")


def seal(plan: Plan) -> Plan:
    """The same plan in the order of its units, with the digest of what it says."""
    sorted_ = replace(
        plan,
        changes=tuple(sorted(plan.changes, key=_unit)),
        targets=tuple(sorted(plan.targets, key=_unit)),
        calls=tuple(sorted(plan.calls, key=_unit)),
        alterations=tuple(sorted(plan.alterations, key=_unit)),
    )
    known = hashlib.sha256()
    for line in _body(sorted_):
        known.update(line)
    return replace(sorted_, digest=known.hexdigest())


def lines(plan: Plan) -> Iterator[bytes]:
    """The file of a sealed plan, line by line; `load` reads it back to an equal plan."""
    yield from _body(plan)
    yield _line({"digest": plan.digest})
    for approval in plan.approvals:
        yield approved(approval)


def approved(approval: Approval) -> bytes:
    """The line that approves the plan above it."""
    return _line({"approval": approval})


def as_json(plan: Plan) -> str:
    """The whole plan as one JSON document, for whoever would rather parse than read."""
    rows = {name: list(getattr(plan, name)) for name in ROWS}
    whole = {"format": FORMAT, **_head(plan), **rows, "approvals": plan.approvals}
    return msgspec.json.format(_ENCODE(whole), indent=1).decode()


def load(given: Iterable[bytes]) -> Plan:
    """
    Read a plan file, line by line; its rows stay on disk, in a copy that nobody else can change.

    Raises PlanError where it is no plan, of another format, or not what its digest says.
    """
    copy = _Copy()
    source = iter(given)
    known = hashlib.sha256()
    try:
        first = next(source)
        known.update(first)
        head = msgspec.json.decode(first)
        if head["format"] != FORMAT:
            raise PlanError(f"the plan file has format {head['format']!r}, this reads {FORMAT}")
        counts: dict[str, int] = head["rows"]
        kept = {name: _copied(source, counts[name], copy, known) for name in ROWS}
        digest = msgspec.json.decode(next(source))["digest"]
        approvals = [msgspec.json.decode(line)["approval"] for line in source]
        outside = {"digest": digest, "approvals": approvals}
        plan = msgspec.convert(head["plan"] | dict.fromkeys(ROWS, ()) | outside, Plan)
    except StopIteration:
        raise PlanError(NO_PLAN) from None
    except (MsgspecError, KeyError, TypeError, AttributeError) as error:
        raise PlanError(NO_PLAN) from error
    if digest != known.hexdigest():
        raise PlanError("the plan file was changed after it was made; plan again")
    rows: dict[str, Any] = {name: Lines(copy, kept[name], kind) for name, kind in ROWS.items()}
    return replace(plan, **rows)


class Lines(Sequence[T], Generic[T]):
    """Rows of a plan that lie in a file, parsed when somebody looks at them."""

    def __init__(self, copy: "_Copy", offsets: "array[int]", kind: type[T]) -> None:
        self._copy = copy
        self._offsets = offsets
        self._decode = msgspec.json.Decoder(list[kind]).decode  # type: ignore[valid-type]  # it is one

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        [found] = self._read(range(len(self))[place], 1)
        return found

    def __iter__(self) -> Iterator[T]:
        for start in range(0, len(self), CHUNK):
            yield from self._read(start, CHUNK)

    def _read(self, start: int, number: int) -> list[T]:
        end = min(start + number, len(self))
        text = self._copy.read(self._offsets[start], self._offsets[end])
        return self._decode(b"[" + text.rstrip(b"\n").replace(b"\n", b",") + b"]")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(other) != len(self):
            return False
        return all(mine == its for mine, its in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # a sequence that compares by value, like a list


class _Copy:
    """The rows of a plan file, in a file that has no name; it goes when nobody needs it."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed below
        self.end = 0
        weakref.finalize(self, self._file.close)

    def add(self, line: bytes) -> int:
        """Write a line at the end; gives where the next one will be."""
        self.end += self._file.write(line)
        return self.end

    def read(self, start: int, end: int) -> bytes:
        """What lies between two places; whoever reads moves nothing that others read by."""
        self._file.flush()
        return os.pread(self._file.fileno(), end - start, start)


def _body(plan: Plan) -> Iterator[bytes]:
    counts = {name: len(getattr(plan, name)) for name in ROWS}
    yield _line({"format": FORMAT, "rows": counts, "plan": _head(plan)})
    for name in ROWS:
        yield from map(_line, getattr(plan, name))


def _line(said: object) -> bytes:
    return _ENCODE(said) + b"\n"


def _head(plan: Plan) -> dict[str, Any]:
    """The plan without its rows and without what the digest does not cover."""
    left_out = {*ROWS, *OUTSIDE}
    return {n: getattr(plan, n) for n in plan.__struct_fields__ if n not in left_out}


def _copied(
    source: Iterator[bytes], number: int, copy: _Copy, known: "hashlib._Hash"
) -> "array[int]":
    """Where each of so many lines begins, and where the last ends."""
    offsets = array("Q", [copy.end])
    for _ in range(number):
        line = next(source)
        known.update(line)
        offsets.append(copy.add(line))
    return offsets


def _unit(one: PlannedChange | Target | PlannedCall | PlannedAlteration) -> int:
    return one.unit
