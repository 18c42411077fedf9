"""Rows that must move on, be one of a kind, add up, or be on a list."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Unpack

from trueup.clock import naive_utc
from trueup.errors import ConfigError
from trueup.library.declare import Options, declared
from trueup.model.invariant import Invariant, Row
from trueup.replica.names import column, identifier, literal
from trueup.replica.reader import Reader

_UNSETTLED = "{state}::text in ({states}) and ({since} is null or {since} < :deadline)"

_TWICE = """
    select {columns}, count(*) as rows
    from {table} {where}
    group by {columns}
    having count(*) > 1
    order by {columns}
"""

_APART = """
    select coalesce(held.id, booked.id) as id, held.amount as balance, booked.amount as booked
    from ({balances}) as held full join ({ledger}) as booked on booked.id = held.id
    where coalesce(held.amount, 0) <> coalesce(booked.amount, 0)
    order by 1
"""


def every_row_settles_within(
    state: str,
    states: Sequence[str],
    *,
    since: str,
    within: timedelta,
    key: str = "id",
    is_naive: bool = False,
    **said: Unpack[Options],
) -> Invariant:
    """
    No row stays in one of these states for longer than that.

    `state` is `"table.column"`, `since` the column of the same table that says when it came there:
    a row without it, which could stay for ever unseen, breaks the rule too. `is_naive` says that it
    is a timestamp without a zone, in UTC.
    """
    where = column(state)
    column_of_state, column_of_since = identifier(where.name), identifier(since)
    rule = _UNSETTLED.format(
        state=column_of_state,
        since=column_of_since,
        states=", ".join(literal(one) for one in states),
    )
    columns = [identifier(key), f"{column_of_state} as state", f"{column_of_since} as since"]

    def ask(replica: Reader, now: datetime) -> Iterable[Row]:
        deadline = naive_utc(now - within) if is_naive else now - within
        return replica.where(where.table, rule, columns=columns, deadline=deadline)

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "settle_rows",
            "harm": "Whoever waits for it waits for ever.",
        },
        said,
        over={where.table: where.table},
        show=["state"],
    )


def one_row_per(
    columns: Sequence[str], table: str, *, where: str = "", **said: Unpack[Options]
) -> Invariant:
    """
    No two rows of a table agree in these columns; `where` says which rows count.

    Null agrees with null, which a unique constraint does not say.
    """
    question = _TWICE.format(
        columns=", ".join(identifier(name) for name in columns),
        table=identifier(table),
        where=f"where {where}" if where else "",
    )

    def ask(replica: Reader) -> Iterable[Row]:
        return replica.rows(question)

    return declared(
        ask,
        {
            "severity": "P2",
            "fix": "merge_rows",
            "harm": "Whichever the application finds first is believed, and the other is wrong.",
        },
        said,
        over={table: table},
        key=list(columns),
    )


def every_balance_equals_its_ledger(
    balances: str, ledger: str, table: str, **said: Unpack[Options]
) -> Invariant:
    """
    What each has is what was booked for them: both are SELECTs of `id` and `amount`.

    Who is on one side alone has nothing on the other.
    """
    question = _APART.format(balances=balances, ledger=ledger)

    def ask(replica: Reader) -> Iterable[Row]:
        return replica.rows(question)

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "recount_balances",
            "harm": "Somebody has more or less than they paid for, and nothing says since when.",
        },
        said,
        over={table: table},
    )


def only_known_admins_are_admins(
    admins: str, table: str, setting: str = "admins", **said: Unpack[Options]
) -> Invariant:
    """
    Whoever has the rights of an admin is on the list in the settings.

    `admins` is a SELECT of `id`, the users who have them now. Raises ConfigError for no list.
    """

    def ask(replica: Reader, settings: Mapping[str, Any]) -> Iterator[Row]:
        if not isinstance(settings.get(setting), list):
            raise ConfigError(f"the system's settings have no list of {setting}; add their ids")
        known = {str(one) for one in settings[setting]}
        yield from (row for row in replica.rows(admins) if str(row["id"]) not in known)

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "revoke_admin",
            "harm": "Somebody gave themselves every right, or kept one that was taken from them.",
        },
        said,
        over={table: table},
    )
