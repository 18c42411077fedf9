"""Somebody who visits the site: the database as row-level security shows it to a signed-in user."""

import json
import time

import psycopg
from psycopg.rows import TupleRow, dict_row

from trueup.model.invariant import Row
from trueup.replica.functions import Volatile, refuse_volatile, volatile
from trueup.replica.limits import Limits
from trueup.replica.spent import Spent
from trueup.replica.statement import Statement, statement
from trueup.replica.transaction import drop
from trueup.replica.trouble import query_error
from trueup.replica.watchdog import answered_within

_BECOME = """
    select set_config('role', %(role)s, true),
           set_config('request.jwt.claims', %(claims)s, true),
           set_config('request.jwt.claim.sub', %(user)s, true),
           set_config('statement_timeout', %(patience)s, true),
           set_config('timezone', 'UTC', true)
"""


class Visitor:
    """Questions asked as another role, each in a read-only transaction that is rolled back."""

    def __init__(
        self,
        connection: psycopg.Connection[TupleRow],
        patience: float = Limits().statement,
        spent: Spent | None = None,
    ) -> None:
        """
        Take a connection in autocommit; a question may last `patience` seconds.

        What it costs is added to what was `spent`; how much it reads is not asked of the server.
        """
        self._connection = connection
        self._patience = patience
        self._known: Volatile | None = None
        self._spent = spent or Spent()
        self._spent.connected()

    @property
    def alive(self) -> bool:
        """Whether the connection can still be asked."""
        return not self._connection.closed

    def rows(
        self, sql: str, *, user: str | None, role: str = "authenticated", **params: object
    ) -> list[Row]:
        """
        Ask as `role` with the claims of a user who signed in, or of nobody, policies in force.

        The login behind it must be a member of that role. Raises QueryError where the server, or
        a policy, refuses; its SQLSTATE tells which (42P17 is a policy that recurses for ever).
        """
        asked = statement(sql)
        self._refuse_volatile(asked)
        claims = json.dumps({"role": role} | ({"sub": user} if user else {}))
        became = {"role": role, "claims": claims, "user": user or ""}
        became["patience"] = str(round(self._patience * 1000))
        since = time.monotonic()
        try:
            with (
                answered_within(self._connection, self._patience),
                self._connection.cursor(row_factory=dict_row) as cursor,
            ):
                with self._connection.pipeline():
                    cursor.execute("begin isolation level repeatable read read only")
                    cursor.execute(_BECOME, became)
                    answer = cursor.execute(asked.sent, params)
                return list(answer.fetchall())
        except psycopg.Error as error:
            raise query_error(error) from None
        finally:
            drop(self._connection)
            self._spent.ended(since, None, None, time.monotonic() - since)

    def close(self) -> None:
        """End the session."""
        self._connection.close()

    def _refuse_volatile(self, asked: Statement) -> None:
        try:
            self._known = self._known or volatile(self._connection)()
        except psycopg.Error as error:
            raise query_error(error) from None
        refuse_volatile(asked, self._known, ())
