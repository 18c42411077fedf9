"""Names in the SQL of a statement with parameters, where a percent sign begins one."""

from psycopg import sql


def named(*parts: str) -> sql.Identifier:
    """A name whose parts are as stored."""
    return sql.Identifier(*(part.replace("%", "%%") for part in parts))


def typed(name: str) -> sql.SQL:
    """A type by the name that the server prints."""
    return sql.SQL(name.replace("%", "%%"))
