"""Row-level security as it behaves: what a user who signs in sees, and what a stranger does."""

from collections.abc import Iterator, Mapping
from typing import Unpack

from trueup.errors import QueryError
from trueup.library.declare import Options, declared
from trueup.library.names import identifier, literal
from trueup.library.policies import is_broken
from trueup.model.invariant import Invariant, Row
from trueup.replica.reader import Reader
from trueup.replica.visitor import Visitor

USERS = "select id from auth.users where deleted_at is null order by id"

VISITED = 5

MANY = 1000
"""Rows of others that are counted before it is only said that there are so many."""

_OTHERS = """
    select count(*) as rows
    from (select from {table} where {column}::text is distinct from {user} limit {many}) as others
"""

_ANY = "select count(*) as rows from (select from {table} limit {many}) as anything"


def a_user_sees_only_their_own_rows(
    owners: Mapping[str, str], users: str = USERS, visited: int = VISITED, **said: Unpack[Options]
) -> Invariant:
    """
    Whoever signs in sees no row of somebody else, and who does not sign in sees none.

    `owners` has each table with the column that says whose a row is; `users` is a SELECT of the
    ids to visit as, of which the first few are taken: leave out those who may see everything. A
    table whose policies fail is for `every_policy_can_be_evaluated`.
    """
    tables = {identifier(table): identifier(column) for table, column in owners.items()}

    def ask(replica: Reader, visitor: Visitor) -> Iterator[Row]:
        first = f"select id from ({users}) as users limit {visited}"  # noqa: S608  # the author's own
        known = [str(row["id"]) for row in replica.rows(first)]
        for table, column in tables.items():
            seen = max((_others(visitor, table, column, user) for user in known), default=0)
            if seen:
                yield _row(table, "authenticated", seen)
            seen = _count(visitor, _ANY.format(table=table, many=MANY), None, "anon")
            if seen:
                yield _row(table, "anon", seen)

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "narrow_reading",
            "harm": "Any user reads what is somebody else's, with the public key and a login.",
        },
        said,
        over={"users": f"({users})", **{table: table for table in owners}},
        key=["table", "role"],
        show=["table", "role"],
    )


def _row(table: str, role: str, seen: int) -> Row:
    return {"table": table, "role": role, "rows": seen, "or_more": seen >= MANY}


def _others(visitor: Visitor, table: str, column: str, user: str) -> int:
    question = _OTHERS.format(table=table, column=column, user=literal(user), many=MANY)
    return _count(visitor, question, user, "authenticated")


def _count(visitor: Visitor, question: str, user: str | None, role: str) -> int:
    try:
        [row] = visitor.rows(question, user=user, role=role)
    except QueryError as error:
        if is_broken(error):
            return 0
        raise
    return int(str(row["rows"]))
