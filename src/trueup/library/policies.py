"""Policies as a visitor meets them: each answers without an error."""

from collections.abc import Iterator, Sequence
from typing import Unpack

from trueup.errors import GuardError, QueryError
from trueup.library.declare import Options, declared
from trueup.model.invariant import Invariant, Row
from trueup.replica.names import spelt
from trueup.replica.reader import Reader
from trueup.replica.visitor import Visitor

_VISITED = """
    select n.nspname || '.' || c.relname as "table", format('%I.%I', n.nspname, c.relname) as name,
           least(100, greatest(
               100000 / greatest(c.reltuples, 1), 2000 / nullif(greatest(c.relpages, 0)::real, 0)
           ))::text as percent, r.rolname as role
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    join pg_roles as r on r.rolname in (:roles)
    where n.nspname in (:schemas) and c.relkind in ('r', 'p') and c.relrowsecurity
      and has_schema_privilege(r.oid, n.oid, 'usage')
      and has_table_privilege(r.oid, c.oid, 'select')
      and exists (
          select from pg_policy as p
          where p.polrelid = c.oid and p.polcmd in ('r', '*') and p.polroles && array[0, r.oid]
      )
    order by "table", role
"""
"""
Of each table, the share that has about a thousand rows, and twenty pages at least.

A sample is of whole pages: where a few have a thousand rows, it may well be of none.
"""

_SOMEBODY = "select id::text as id from auth.users where deleted_at is null order by id limit 1"

_COUNT = "select count(*) from {table} tablesample system ({percent})"

_NOTHING = "select 1 as here"

_BROKEN = ("21", "22", "38", "39", "42", "54", "P0")
"""Classes of errors that a policy's expression makes; all others are the server's own troubles."""


def every_policy_can_be_evaluated(
    schemas: Sequence[str] = ("public",),
    roles: Sequence[str] = ("authenticated", "anon"),
    **said: Unpack[Options],
) -> Invariant:
    """
    Every table that a visitor may select from answers them, under its policies.

    Asked as one user of auth.users, of about a thousand rows a table, so that a table of millions
    costs little more. A timeout or a lost connection is unknown, not a violation.
    """
    visited = spelt(_VISITED, schemas=schemas, roles=roles)

    def ask(replica: Reader, visitor: Visitor) -> Iterator[Row]:
        tables = list(replica.rows(visited))
        user = _somebody(replica)
        refused: dict[str, list[tuple[Row, str]]] = {}
        for role in dict.fromkeys(str(table["role"]) for table in tables):
            signed_in = user if role == "authenticated" else None
            for table, state in _refused(visitor, signed_in, role, tables):
                refused.setdefault(str(table["table"]), []).append((table, state))
        for name, found in sorted(refused.items()):
            yield {
                "table": name,
                "name": found[0][0]["name"],
                "roles": ", ".join(str(table["role"]) for table, _ in found),
                "sqlstate": ", ".join(dict.fromkeys(state for _, state in found)),
            }

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "mend_policy",
            "harm": "Every page that reads the table fails for everybody who is signed in, or for"
            " every visitor.",
        },
        said,
        over={"tables by role": f"({visited})"},
        show=["name", "roles", "sqlstate"],
    )


def is_broken(error: QueryError) -> bool:
    """Whether it is the policy's expression that failed, and not the server."""
    return (error.sqlstate or "")[:2] in _BROKEN


def _somebody(replica: Reader) -> str:
    for row in replica.rows(_SOMEBODY):
        return str(row["id"])
    raise GuardError("auth.users has nobody to visit as; is this the right database?")


def _refused(
    visitor: Visitor, user: str | None, role: str, tables: Sequence[Row]
) -> Iterator[tuple[Row, str]]:
    """The role's tables that refuse it, with the SQLSTATE; asked one by one only if any does."""
    mine = [table for table in tables if table["role"] == role]
    if _state(visitor, user, role, mine) is None:
        return
    visitor.rows(_NOTHING, user=user, role=role)  # a login that may not become the role ends here
    for table in mine:
        state = _state(visitor, user, role, [table])
        if state is not None:
            yield table, state


def _state(visitor: Visitor, user: str | None, role: str, tables: Sequence[Row]) -> str | None:
    counts = (_COUNT.format(table=each["name"], percent=each["percent"]) for each in tables)
    try:
        visitor.rows(" union all ".join(counts), user=user, role=role)
    except QueryError as error:
        if not is_broken(error):
            raise
        return error.sqlstate
    return None
