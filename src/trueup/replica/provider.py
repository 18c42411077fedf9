"""Whose database a URL leads to, and what is true of it there."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from trueup.replica.dsn import Dsn

LOOPBACK = ("localhost", "127.0.0.1", "::1")

PROVIDERS = ("supabase", "neon", "plain")

_SESSION = "use the session pooler, port 5432 of the same host: copy it from Connect"


class Provider(Struct, frozen=True):
    """A provider and a way in; `advice` lists what to do, empty where nothing needs it."""

    name: str
    way: str
    advice: tuple[str, ...] = ()


def provider(dsn: Dsn) -> Provider:
    """
    Recognise Supabase's and Neon's hosts by their names, without connecting.

    Facts by provider: GitHub's runners have no IPv6, which Supabase's direct hosts need; port 6543
    is a pooler in transaction mode; Neon's `-pooler` hosts are too.
    """
    parts = urlsplit(dsn.url)
    host, port = parts.hostname or "", parts.port or 5432
    if re.fullmatch(r"db\.[a-z0-9-]+\.supabase\.(co|com)", host):
        return _supabase_direct(port)
    if host.endswith(".pooler.supabase.com"):
        return _supabase_pooler(port, parts.username or "")
    if host.endswith(".neon.tech"):
        return _neon(host)
    return Provider("plain", "PostgreSQL")


def tls_advice(dsn: Dsn) -> Iterator[str]:
    """What the URL lacks so that nobody can stand in between; nothing on loopback."""
    parts = urlsplit(dsn.url)
    if parts.hostname in LOOPBACK:
        return
    said = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if said.get("sslmode") != "verify-full":
        yield "add sslmode=verify-full to the URL: without it anybody in between can read along"
    if "sslrootcert" not in said:
        yield _ROOTS[provider(dsn).name]


_ROOTS = {
    "supabase": "add sslrootcert=… to the URL, with the certificate from Database Settings",
    "neon": "add sslrootcert=system to the URL: Neon's certificates are publicly signed",
    "plain": "add sslrootcert=… to the URL (system, where the certificate is publicly signed)",
}


def _supabase_direct(port: int) -> Provider:
    if port == 6543:
        return Provider("supabase", "dedicated pooler, transaction mode", (_SESSION,))
    advice = "this host needs IPv6, which GitHub's runners lack: " + _SESSION
    return Provider("supabase", "direct connection", (advice,))


def _supabase_pooler(port: int, user: str) -> Provider:
    advice = [] if "." in user else ["the pooler's user is <role>.<project>: copy it from Connect"]
    if port == 6543:
        return Provider("supabase", "shared pooler, transaction mode", (_SESSION, *advice))
    return Provider("supabase", "shared pooler, session mode", tuple(advice))


def _neon(host: str) -> Provider:
    roles = "create the reader with SQL: a role made in the console may write all data"
    if host.split(".", maxsplit=1)[0].endswith("-pooler"):
        direct = "use the host without -pooler: its pooler is in transaction mode"
        return Provider("neon", "pooler, transaction mode", (direct, roles))
    return Provider("neon", "direct connection", (roles,))
