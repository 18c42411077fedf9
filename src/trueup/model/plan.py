"""A plan: the changes a fix would make now, with before-images, saved as a file with a digest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from trueup.errors import PlanError

FORMAT = 1

Image = Mapping[str, str | None]
"""A row, or part of one: column to the text that PostgreSQL prints for its value."""


class Op(StrEnum):
    """What happens to one row."""

    UPDATE = "update"
    INSERT = "insert"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """
    One row's change; `before` is the whole row as planned, None for an insert.

    Changes of one unit belong together: they are made together or not at all.
    """

    op: Op
    table: str
    key: Image
    before: Image | None
    set: Image
    unit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSteps:
    """What a person must do for one violation."""

    title: str
    steps: tuple[str, ...]
    verify: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A violation that the changes of one unit are to mend: after them it must be gone."""

    invariant: str
    key: tuple[str, ...]
    unit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependents:
    """Rows that a foreign key drags along, or that stand in the way of a delete."""

    table: str
    constraint: str
    action: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringTrigger:
    """A trigger that the changes will fire."""

    table: str
    name: str
    events: str
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofStep:
    """An invariant that reads a touched table; `late` ones are proven on the replica afterwards."""

    invariant: str
    seconds: float
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Which database a plan was made on: the cluster's system identifier and the name."""

    system_identifier: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A row that is left alone, and why: gone, moved, no longer violating, locked."""

    table: str
    key: Image
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    Everything that apply needs, and nothing that it has to ask again.

    `undoes` is the journal entry that an undo reverses. `undo` says why there is none, for a fix
    that cannot be undone. The digest covers every other field.
    """

    system: str
    fix: str
    environment: str
    code: str
    database: Database
    as_of: datetime
    made: datetime
    expires: datetime
    by: str
    reason: str
    at_most: int
    targets: tuple[Target, ...]
    changes: tuple[PlannedChange, ...]
    steps: tuple[PlannedSteps, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    dependents: tuple[Dependents, ...] = ()
    triggers: tuple[FiringTrigger, ...] = ()
    proof: tuple[ProofStep, ...] = ()
    undoes: int | None = None
    undo: str | None = None
    digest: str = ""

    @property
    def name(self) -> str:
        """System and fix, as the command line names them."""
        return f"{self.system}.{self.fix}"

    def sealed(self) -> "Plan":
        """The same plan with the digest of what it says."""
        return replace(self, digest=_digest(_plain(self)))


def dump(plan: Plan) -> str:
    """The plan file's text; `load` reads it back to an equal plan."""
    return json.dumps({"format": FORMAT} | _plain(plan), indent=1, ensure_ascii=False) + "\n"


def load(text: str) -> Plan:
    """
    Read a plan file's text.

    Raises PlanError where it is no plan, of another format, or not what its digest says.
    """
    try:
        raw = json.loads(text)
        found = raw.pop("format")
        if found != FORMAT:
            raise PlanError(f"the plan file has format {found!r}, this Trueup reads {FORMAT}")
        plan = _parse(raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PlanError("the file is not a plan; make one with `trueup plan`") from error
    if plan.digest != _digest(raw):
        raise PlanError("the plan file was changed after it was made; plan again")
    return plan


def _digest(plain: Mapping[str, Any]) -> str:
    said = {name: value for name, value in plain.items() if name != "digest"}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(plan: Plan) -> dict[str, Any]:
    plain = asdict(plan)
    for name in ("as_of", "made", "expires"):
        plain[name] = plain[name].isoformat()
    return plain


def _parse(raw: dict[str, Any]) -> Plan:
    dates = {name: datetime.fromisoformat(raw[name]) for name in ("as_of", "made", "expires")}
    return Plan(
        **raw
        | dates
        | {
            "database": Database(**raw["database"]),
            "targets": tuple(Target(**row | {"key": tuple(row["key"])}) for row in raw["targets"]),
            "changes": tuple(
                PlannedChange(**row | {"op": Op(row["op"])}) for row in raw["changes"]
            ),
            "steps": tuple(
                PlannedSteps(**row | {"steps": tuple(row["steps"])}) for row in raw["steps"]
            ),
            "skipped": tuple(Skipped(**row) for row in raw["skipped"]),
            "dependents": tuple(Dependents(**row) for row in raw["dependents"]),
            "triggers": tuple(FiringTrigger(**row) for row in raw["triggers"]),
            "proof": tuple(ProofStep(**row) for row in raw["proof"]),
        }
    )
