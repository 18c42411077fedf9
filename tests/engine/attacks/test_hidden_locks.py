"""Advisory locks that no text and no catalog shows: they end with the transaction."""

from contextlib import suppress

import pytest

from engine.attacks.arena import SERVERS
from fix_database import Database, opened
from trueup.errors import QueryError

SQL = """
    create view locking as select pg_try_advisory_lock(42) as x;
    create function locks() returns int language plpgsql stable as
        $$ begin perform pg_advisory_lock(42); return 1; end $$;
    create function locks_if(int) returns boolean language sql volatile as
        'select pg_try_advisory_lock($1)';
    create domain locked as int check (locks_if(value));
    grant select on locking to trueup_reader;
"""


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("fails", [False, True], ids=["ends", "fails"])
@pytest.mark.parametrize(
    "sql", ["select 1 from locking where x", "select locks()", "select 42::locked as x"]
)
def test_a_hidden_advisory_lock_ends_with_the_transaction(
    database: Database, sql: str, fails: bool, server: str
) -> None:
    database.execute(SQL)

    with opened(database, server=server) as session, database.connect(server=server) as looking:
        with suppress(QueryError), session.reading() as reader:
            list(reader.rows(sql))
            if fails:
                list(reader.rows("select 1 / (length(current_user) - length(current_user))"))

        assert session.alive
        held = looking.execute("select pid from pg_locks where locktype = 'advisory'").fetchall()

    assert held == []
