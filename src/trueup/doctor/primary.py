"""The primary: whether fixes can be planned, applied and undone there."""

from collections.abc import Iterator

from trueup import command
from trueup.doctor.told import APPLICATION, Told
from trueup.environment import Environment
from trueup.errors import ConfigError, GuardError
from trueup.replica.connection import connect
from trueup.replica.dsn import Dsn
from trueup.replica.journal import fault
from trueup.replica.quoting import quoted_name


def primary(environment: Environment) -> Iterator[Told]:
    """Look at the primary, with the fixer's login."""
    if environment.primary is None and "primary" not in environment.unset:
        yield Told(True, "primary: trueup.toml names none, so nothing can be planned or applied")
        return
    try:
        dsn = environment.needs("primary", environment.primary)
        yield from _writes(dsn, environment)
    except (ConfigError, GuardError) as error:
        yield Told(False, f"primary: {error}", "without it, nothing can be planned or applied")


def _writes(dsn: Dsn, environment: Environment) -> Iterator[Told]:
    with connect(dsn, standby=False, application=APPLICATION) as connection:
        row = connection.execute(_MAY).fetchone() or (True, False, "")
        recovering, quiet, role = row
        wrong = "" if recovering else fault(connection)
    if recovering:
        yield Told(False, "primary: the server is a standby", "give the primary's URL")
        return
    yield Told(True, "primary: takes writes")
    install = command.install(environment.system, environment.name, role)
    yield Told(not wrong, f"primary: the journal {wrong or 'is there'}", install if wrong else "")
    yield Told(
        bool(quiet),
        "primary: an undo " + ("keeps triggers quiet" if quiet else "lets triggers fire"),
        "" if quiet else f"grant set on parameter session_replication_role to {quoted_name(role)};",
    )


_MAY = """
    select pg_catalog.pg_is_in_recovery(),
           pg_catalog.has_parameter_privilege('session_replication_role', 'set'),
           session_user::text
"""
