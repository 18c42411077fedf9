"""A URL taken apart, for peers that do not take it whole."""

from urllib.parse import parse_qs, urlsplit

from msgspec import Struct


class Parts(Struct, frozen=True):
    """Where a server is, and how to log in."""

    host: str
    port: int
    user: str
    password: str
    database: str
    sslmode: str


def parts(url: str) -> Parts:
    """Take a URL of the benchmark's apart."""
    found = urlsplit(url)
    return Parts(
        host=found.hostname or "",
        port=found.port or 5432,
        user=found.username or "",
        password=found.password or "",
        database=found.path.removeprefix("/"),
        sslmode=parse_qs(found.query)["sslmode"][0],
    )
