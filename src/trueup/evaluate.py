"""One invariant, its resources in, its verdict out."""

import traceback
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from time import perf_counter
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from trueup.errors import (
    CatalogError,
    GuardError,
    NotApplicable,
    QueryError,
    ReplicaError,
    TrueupError,
)
from trueup.model.invariant import HTTP, SETTINGS, STRIPE, Invariant, Row
from trueup.model.verdict import Outcome, Verdict
from trueup.model.violation import Key, Violation, key_of
from trueup.replica import zones
from trueup.replica.reader import Fetched, Reader, Rows
from trueup.replica.trouble import remedy

CAP = 10_000
"""Violations that are counted and named; the report says `10,000+` beyond."""

PRINTABLE_VALUES = (bool, int, float, Decimal, UUID, date, datetime, time, timedelta, type(None))
"""Values that a report may print unasked, where an invariant made its rows in Python."""

Resources = Mapping[str, object]
"""What an invariant may ask for, by name; `replica` is always there."""


class Wanted(Struct, frozen=True):
    """
    What somebody wants to know of an invariant.

    Without `judge` the judged rows are not counted, so that nothing to judge counts as holding.
    `cap` is how many violations are named, None for all. Those that are `bare` have a key and no
    evidence; `among` asks about these keys only, where the answer is one of SQL.
    """

    judge: bool = True
    cap: int | None = CAP
    bare: bool = False
    among: Sequence[Key] | None = None


REPORTED = Wanted()
PLANNED = Wanted(judge=False)
PROVEN = Wanted(judge=False, cap=None, bare=True)
"""A proof needs no count and no evidence, but every key."""


def evaluate(invariant: Invariant, resources: Resources, wanted: Wanted = REPORTED) -> Outcome:
    """
    Ask one invariant and say what the answer means.

    `resources["replica"]` is a Reader inside a transaction; one that asks nothing of the database
    needs none. Never raises for what the database, its schema or its role are like: that is
    *unknown*.
    """
    replica = None if invariant.is_outside else resources["replica"]
    if replica is not None and not isinstance(replica, Reader):
        raise TypeError(f"resources['replica'] is a {type(replica).__name__}, not a Reader")
    started = perf_counter()
    asked = len(replica.asked) if replica else 0
    try:
        if replica is not None:
            _require_columns(invariant, replica)
        outcome = _judged(invariant, resources, replica, wanted)
    except NotApplicable as reason:
        outcome = Outcome(verdict=Verdict.NOT_APPLICABLE, reason=str(reason))
    except TrueupError as error:
        outcome = could_not_look(error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # one author's mistake, or a skip, is not a verdict
        outcome = _author_error(invariant, error)
    seconds = perf_counter() - started
    if replica is None:
        return replace(outcome, seconds=seconds)
    sql = tuple(dict.fromkeys(replica.asked[asked:]))
    return replace(outcome, seconds=seconds, sql=sql, snapshot=replica.snapshot)


def _require_columns(invariant: Invariant, replica: Reader) -> None:
    replica.allow(invariant.calls)
    absent = [column for column in invariant.needs if not replica.has_column(column)]
    if absent:
        raise NotApplicable(f"this system has no {absent[0]}")


def _judged(
    invariant: Invariant, resources: Resources, replica: Reader | None, wanted: Wanted
) -> Outcome:
    missing = [name for name in invariant.asks if name not in resources]
    if missing:
        raise GuardError(f"the invariant asks for {missing[0]!r}, which is not to be had here")
    if "stripe" in invariant.asks and resources["stripe"] is None:
        raise NotApplicable("this environment names no Stripe account")
    judged = _count(invariant, replica, resources) if wanted.judge else {}
    answer = invariant.ask(**{name: resources[name] for name in invariant.asks})
    if wanted.bare and isinstance(answer, Rows):
        return _keys(answer.keyed(invariant.key, wanted.among))
    fetched = _fetched(answer, wanted)
    if isinstance(answer, Rows) and invariant.key and not fetched.rows:
        _require_keyed(invariant, answer)
    return settled(invariant, judged if wanted.judge else None, fetched, wanted)


def settled(
    invariant: Invariant,
    judged: Mapping[str, int] | None,
    fetched: Fetched,
    wanted: Wanted = REPORTED,
) -> Outcome:
    """
    What the rows that break an invariant mean; `judged` is None where nobody counted.

    Rows that break it are told also where none was counted: `over` says too little then.
    """
    if fetched.columns:
        _require_key(invariant, fetched.columns)
    if judged is not None and not (fetched.rows or any(judged.values()) or invariant.may_be_empty):
        return Outcome(
            verdict=Verdict.UNKNOWN,
            reason=f"there was nothing to judge: {', '.join(judged)} had no rows",
            remedy="is this the right database? a table that may be empty says may_be_empty",
            judged=judged,
        )
    violations = [_violation(invariant, row, wanted.bare) for row in fetched.rows]
    return Outcome(
        verdict=Verdict.VIOLATED if violations else Verdict.HOLDS,
        violations=violations,
        count=len(violations),
        counted_all=fetched.complete,
        printable=fetched.printable,
        judged=judged or {},
    )


def _count(
    invariant: Invariant, replica: Reader | None, resources: Mapping[str, Any]
) -> dict[str, int]:
    counted: dict[str, int] = {}
    for label, of in invariant.over.items():
        if invariant.lies_in(STRIPE, of):
            counted[label] = resources["stripe"].count(of)
        elif invariant.lies_in(HTTP, of):
            counted[label] = len([resources["http"].address(of.removeprefix(HTTP))])
        elif invariant.lies_in(SETTINGS, of):
            counted[label] = _said(resources["settings"], of.removeprefix(SETTINGS))
        elif invariant.is_stored(of):
            counted[label] = resources["storage"].count(of)
        elif replica is not None:
            if replica.hides(of):
                raise QueryError(f"row-level security hides rows of {of} from the reader")
            counted[label] = replica.count(of)
    return counted


def _said(settings: Mapping[str, Any], dotted: str) -> int:
    """How many the settings have below a name: those of a list or a table, or the value alone."""
    found: Any = settings
    for part in dotted.split("."):
        found = found.get(part, ()) if isinstance(found, Mapping) else ()
    return len(found) if isinstance(found, list | tuple | Mapping) else 1


def _keys(answer: Rows) -> Outcome:
    """The violations as keys alone, as they come from the server: there may be very many."""
    keys = frozenset(map(key_of, answer.values()))
    verdict = Verdict.VIOLATED if keys else Verdict.HOLDS
    return Outcome(verdict=verdict, count=len(keys), bare=keys)


def _fetched(answer: Iterable[Row], wanted: Wanted) -> Fetched:
    if isinstance(answer, Rows):
        return answer.fetch(wanted.cap)
    rows: list[Row] = []
    for row in answer:
        if len(rows) == wanted.cap:
            return Fetched(rows, complete=False, printable=_by_value(rows))
        rows.append(row)
    return Fetched(rows, complete=True, printable=_by_value(rows))


def _by_value(rows: list[Row]) -> frozenset[str]:
    columns = dict.fromkeys(column for row in rows for column in row)
    return frozenset(
        column
        for column in columns
        if all(isinstance(row.get(column), PRINTABLE_VALUES) for row in rows)
    )


def _violation(invariant: Invariant, row: Row, bare: bool) -> Violation:
    columns = invariant.key or tuple(row)[:1]
    _require_key(invariant, row)
    if not columns:
        raise CatalogError("its rows have no column, so that nothing names a violation")
    key = key_of(row[column] for column in columns)
    return Violation(invariant.name, key, {} if bare else row)


def _require_key(invariant: Invariant, columns: Container[str]) -> None:
    absent = [column for column in invariant.key if column not in columns]
    if absent:
        raise _keyless(absent[:1])


def _require_keyed(invariant: Invariant, answer: Rows) -> None:
    """Have the server say of an answer without rows whether it has the columns of the key."""
    try:
        answer.keyed(invariant.key).reads()
    except QueryError as error:
        if not error.is_of_a_column:
            raise
        raise _keyless(invariant.key) from None


def _keyless(columns: Sequence[str]) -> CatalogError:
    named = " or ".join(map(repr, columns))
    return CatalogError(f"its rows have no column {named}, by which key names a violation")


def could_not_look(error: TrueupError) -> Outcome:
    """Say *unknown*, with the error's words and what to do about it."""
    transient = isinstance(error, ReplicaError) and error.transient
    return Outcome(
        verdict=Verdict.UNKNOWN, reason=str(error), remedy=remedy(error), transient=transient
    )


def _author_error(invariant: Invariant, error: BaseException) -> Outcome:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == invariant.path]
    where = f" in line {frames[-1].lineno}" if frames else ""
    mixed = zones.explains(error)
    return Outcome(
        verdict=Verdict.UNKNOWN,
        reason=f"the invariant itself failed with {type(error).__name__}{where}",
        remedy=(
            f"it compares instants with and without an offset: in SQL {zones.REMEDY}"
            if mixed
            else "mend the invariant; its values are not shown, since they may come from a row"
        ),
    )
