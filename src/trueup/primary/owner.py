"""What only the database's owner may do, and no transaction may hold: rebuilding an index."""

from collections.abc import Mapping

import psycopg
from msgspec import Struct
from psycopg import sql

from trueup.model.change import Alteration
from trueup.primary.alterations import WAYS
from trueup.primary.schema_object import find
from trueup.primary.sending import Answer
from trueup.primary.session import APPLICATION
from trueup.primary.trouble import words
from trueup.replica.connection import connect
from trueup.replica.dsn import Dsn

REBUILD = "REINDEX"

_PATIENT = """
    select set_config(name, value, false)
    from (values ('statement_timeout', '0'), ('transaction_timeout', '0'), ('lock_timeout', '5min'))
        as patient(name, value)
    where name in (select name from pg_settings)
"""


class Owner(Struct, frozen=True):
    """The owner of a database, as a service that can be called."""

    dsn: Dsn

    def may_repeat(self, method: str) -> bool:
        """An index that is valid is left as it is, so that any request can be made again."""
        return method == REBUILD

    def deliver(self, body: Mapping[str, object]) -> Answer:
        """Rebuild the index that the body names, beside those who read and write its table."""
        table, index = str(body["table"]), str(body["index"])
        with connect(self.dsn, standby=False, application=APPLICATION) as connection:
            found = find(connection, Alteration.REINDEX, table, index)
            if found is None or found.definition is None:
                return Answer(done=False, status=None, detail="it is gone")
            if found.is_on:
                return Answer(done=True, status=None, detail="it is valid already")
            statement = WAYS[Alteration.REINDEX].statement or ""
            name = sql.Identifier(found.schema, index)
            try:
                connection.execute(_PATIENT)
                connection.execute(sql.SQL(statement).format(index=name))
            except psycopg.Error as error:
                return Answer(done=False, status=None, detail=_left(words(error), index))
        return Answer(done=True, status=None)


def _left(why: str, index: str) -> str:
    return f"{why}; what it has built is left as {index}_ccnew, to be dropped"
