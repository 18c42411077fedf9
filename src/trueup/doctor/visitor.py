"""The visitor's login: whether policies can be evaluated as a user meets them."""

from collections.abc import Iterator

import psycopg

from trueup.doctor.told import APPLICATION, Told
from trueup.environment import Environment
from trueup.errors import ConfigError, GuardError
from trueup.replica.connection import connect


def visitor(environment: Environment) -> Iterator[Told]:
    """Look at the visitor; without one the invariants that ask for it are unknown."""
    if environment.visitor is None and "visitor" not in environment.unset:
        yield Told(True, "visitor: trueup.toml names none, so policies are not evaluated")
        return
    try:
        dsn = environment.needs("visitor", environment.visitor)
        standby = not environment.primary_allowed
        with connect(dsn, standby=standby, application=APPLICATION) as connection:
            row = connection.execute(
                "select pg_catalog.pg_has_role('authenticated', 'member')"
            ).fetchone()
    except (ConfigError, GuardError) as error:
        yield Told(False, f"visitor: {error}", "without it, policies are not evaluated: unknown")
        return
    except psycopg.errors.UndefinedObject:
        yield Told(False, "visitor: this database has no role authenticated")
        return
    may = row is not None and bool(row[0])
    words = "visitor: may act as authenticated" if may else "visitor: may not act as authenticated"
    yield Told(may, words, "" if may else "grant authenticated to the visitor's role;")
