"""
A plan as a file: lines of JSON under a digest, read back a piece at a time.

The first line is the plan without its rows, then come the changes, the targets, the calls and the
alterations, one a line, in the order of their units; then the digest of all lines above it; then
approvals. So a plan of a hundred thousand rows is applied without ever being in memory, and a
reviewer can grep it.
"""

import hashlib
import json
import os
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any, Generic, TypeVar, overload

from pydantic_core import from_json

from trueup.errors import PlanError
from trueup.model.change import Alteration
from trueup.model.plan import (
    Approval,
    Database,
    Dependents,
    FiringTrigger,
    Op,
    Plan,
    PlannedAlteration,
    PlannedCall,
    PlannedChange,
    PlannedSteps,
    ProofStep,
    Share,
    Skipped,
    Target,
    When,
)

FORMAT = 2

ROWS = ("changes", "targets", "calls", "alterations")
"""The parts of a plan that have a line for each of theirs, in their order."""

OUTSIDE = ("digest", "approvals")
"""What the digest does not cover."""

CHUNK = 500
"""Lines that are read together."""

NO_PLAN = "the file is not a plan; make one with `trueup plan`"

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Made once: `json.dumps` makes an encoder for each call that wants one of its own."""

_OPS = {str(op): op for op in Op}

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
    return _line({"approval": asdict(approval) | {"at": approval.at.isoformat()}})


def as_json(plan: Plan) -> str:
    """The whole plan as one JSON document, for whoever would rather parse than read."""
    plain = _plain(plan) | {name: [asdict(one) for one in getattr(plan, name)] for name in ROWS}
    plain["approvals"] = [asdict(one) | {"at": one.at.isoformat()} for one in plan.approvals]
    return json.dumps({"format": FORMAT} | plain, indent=1, ensure_ascii=False)


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
        head = json.loads(first)
        if head["format"] != FORMAT:
            raise PlanError(f"the plan file has format {head['format']!r}, this reads {FORMAT}")
        counts: dict[str, int] = head["rows"]
        kept = {name: _copied(source, counts[name], copy, known) for name in ROWS}
        digest = json.loads(next(source))["digest"]
        approvals = tuple(_approval(json.loads(line)["approval"]) for line in source)
        plan = _parsed(head["plan"], digest=digest, approvals=approvals)
    except StopIteration:
        raise PlanError(NO_PLAN) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PlanError(NO_PLAN) from error
    if digest != known.hexdigest():
        raise PlanError("the plan file was changed after it was made; plan again")
    return replace(
        plan,
        changes=Lines(copy, kept["changes"], _change),
        targets=Lines(copy, kept["targets"], _target),
        calls=Lines(copy, kept["calls"], _call),
        alterations=Lines(copy, kept["alterations"], _alteration),
    )


class Lines(Sequence[T], Generic[T]):
    """Rows of a plan that lie in a file, parsed when somebody looks at them."""

    def __init__(
        self, copy: "_Copy", offsets: "array[int]", parse: Callable[[dict[str, Any]], T]
    ) -> None:
        self._copy = copy
        self._offsets = offsets
        self._parse = parse

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
        raw = from_json(b"[" + text.rstrip(b"\n").replace(b"\n", b",") + b"]")
        return list(map(self._parse, raw))

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
    yield _line({"format": FORMAT, "rows": counts, "plan": _plain(plan)})
    for name in ROWS:
        yield from (_line(_row(one)) for one in getattr(plan, name))


def _line(said: Mapping[str, Any]) -> bytes:
    return _ENCODE(said).encode() + b"\n"


def _row(one: object) -> dict[str, Any]:
    """The fields of a row, as they are: `asdict` would copy every image of it."""
    return {field.name: getattr(one, field.name) for field in fields(one)}  # type: ignore[arg-type]  # all are dataclasses


def _plain(plan: Plan) -> dict[str, Any]:
    """The plan without its rows and without what the digest does not cover."""
    plain = asdict(replace(plan, changes=(), targets=(), calls=(), alterations=()))
    for name in (*ROWS, *OUTSIDE):
        del plain[name]
    for name in ("as_of", "made", "expires"):
        plain[name] = plain[name].isoformat()
    return plain


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


def _parsed(raw: dict[str, Any], *, digest: str, approvals: tuple[Approval, ...]) -> Plan:
    dates = {name: datetime.fromisoformat(raw[name]) for name in ("as_of", "made", "expires")}
    return Plan(
        **raw
        | dates
        | {
            "database": Database(**raw["database"]),
            "steps": tuple(
                PlannedSteps(**row | {"steps": tuple(row["steps"])}) for row in raw["steps"]
            ),
            "skipped": tuple(Skipped(**row) for row in raw["skipped"]),
            "dependents": tuple(Dependents(**row) for row in raw["dependents"]),
            "triggers": tuple(FiringTrigger(**row) for row in raw["triggers"]),
            "shares": tuple(Share(**row) for row in raw["shares"]),
            "proof": tuple(ProofStep(**row | {"when": When(row["when"])}) for row in raw["proof"]),
            "printable": {table: tuple(names) for table, names in raw["printable"].items()},
            "targets": (),
            "changes": (),
            "digest": digest,
            "approvals": approvals,
        }
    )


def _approval(raw: dict[str, Any]) -> Approval:
    return Approval(**raw | {"at": datetime.fromisoformat(raw["at"])})


def _change(raw: dict[str, Any]) -> PlannedChange:
    raw["op"] = _OPS[raw["op"]]
    return PlannedChange(**raw)


def _target(raw: dict[str, Any]) -> Target:
    raw["key"] = tuple(raw["key"])
    return Target(**raw)


def _call(raw: dict[str, Any]) -> PlannedCall:
    return PlannedCall(**raw)


def _alteration(raw: dict[str, Any]) -> PlannedAlteration:
    return PlannedAlteration(**raw | {"kind": Alteration(raw["kind"])})


def _unit(one: PlannedChange | Target | PlannedCall | PlannedAlteration) -> int:
    return one.unit
