"""Row-level security as it behaves: what a user who signs in sees, and what a stranger does."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Unpack

from trueup.errors import CatalogError, QueryError
from trueup.library.declare import Options, declared
from trueup.library.policies import is_broken
from trueup.model.invariant import Invariant, Row
from trueup.replica.names import identifier, literal
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

_OUTSIDE = """
    select count(*) as rows
    from (
        select from {table} where {outside} limit {many}
    ) as others
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
    first = f"select id from ({users}) as users limit {visited}"  # noqa: S608  # the author's own

    def ask(replica: Reader, visitor: Visitor) -> Iterator[Row]:
        _require(replica, owners)
        known = [str(row["id"]) for row in replica.rows(first)]
        for table, column in tables.items():
            seen = max((_others(visitor, table, column, user) for user in known), default=0)
            yield from _seen(visitor, table, seen)

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


def a_member_sees_only_their_own_tenants(
    owners: Mapping[str, str],
    members: str,
    *,
    own: Mapping[str, str] | None = None,
    visited: int = VISITED,
    **said: Unpack[Options],
) -> Invariant:
    """
    A member of tenants sees no row of another tenant, and who does not sign in sees none.

    `owners` has each table with the column that says whose tenant's a row is, `members` is a SELECT
    of `user_id` and `tenant_id`, of those who may see a tenant now. `own` has the tables of which
    somebody sees their own rows too, whatever their tenant, with the column that names them; there
    a row of no tenant is theirs whom it names. Elsewhere it is nobody's.
    """
    tables = {
        identifier(table): (identifier(column), identifier(mine) if mine else "")
        for table, column in owners.items()
        for mine in [(own or {}).get(table, "")]
    }
    first = f"""
        select user_id, array_agg(tenant_id::text order by tenant_id::text) as tenants
        from ({members}) as members
        group by user_id
        order by user_id
        limit {visited}
    """  # noqa: S608  # the author's own

    def ask(replica: Reader, visitor: Visitor) -> Iterator[Row]:
        _require(replica, owners)
        _require(replica, own or {})
        known = {str(row["user_id"]): _texts(row["tenants"]) for row in replica.rows(first)}
        for table, (tenant, mine) in tables.items():
            asked = {user: _outside(table, tenant, mine, user, known[user]) for user in known}
            counts = (_count(visitor, sql, user, "authenticated") for user, sql in asked.items())
            yield from _seen(visitor, table, max(counts, default=0))

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "narrow_reading",
            "harm": "A customer reads what is another customer's, with the public key and a login.",
        },
        said,
        over={"members": f"({members})", **{table: table for table in owners}},
        key=["table", "role"],
        show=["table", "role"],
    )


def _require(replica: Reader, owners: Mapping[str, str]) -> None:
    """A visitor's question about no column fails as a policy does, which would count as no rows."""
    for table, column in owners.items():
        if not replica.has_column(f"{table}.{column}"):
            raise CatalogError(f"{table} has no column {column!r} that could say whose a row is")


def _seen(visitor: Visitor, table: str, others: int) -> Iterator[Row]:
    """The violations of a table: of whoever signed in, and of a stranger who sees anything."""
    if others:
        yield _row(table, "authenticated", others)
    anything = _count(visitor, _ANY.format(table=table, many=MANY), None, "anon")
    if anything:
        yield _row(table, "anon", anything)


def _texts(found: object) -> list[str]:
    return [str(one) for one in found] if isinstance(found, list) else []


def _outside(table: str, tenant: str, mine: str, user: str, tenants: Sequence[str]) -> str:
    listed = ", ".join(map(literal, tenants))
    outside = f"{tenant}::text not in ({listed})"
    if mine:
        outside = f"coalesce({outside}, {mine} is not null)"
        outside += f" and {mine}::text is distinct from {literal(user)}"
    return _OUTSIDE.format(table=table, outside=outside, many=MANY)


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
