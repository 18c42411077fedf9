"""What the peers with an environment of their own have in common."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from comparison import environment
from comparison.peer import Peer


class Apart(Peer):
    """A peer that has an environment of its own."""

    @classmethod
    def missing(cls) -> str:
        if environment.is_installed(cls.name):
            return ""
        return f"benchmarks/peers.py --install {cls.name}"


@dataclass(frozen=True, slots=True)
class Parts:
    """A URL taken apart, for what wants its parts."""

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
