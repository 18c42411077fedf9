"""Whose database a URL leads to, told by its host, and what to do there."""

import pytest

from trueup.replica.dsn import Dsn
from trueup.replica.provider import provider, tls_advice

REF = "abcdefghijklmnopqrst"
POOL = "aws-0-eu-west-1.pooler.supabase.com"


def at(host: str, query: str = "", user: str = "reader") -> Dsn:
    return Dsn(f"postgresql://{user}:hunter2@{host}/postgres{query}", "URL")


@pytest.mark.parametrize(
    ("host", "user", "name", "way", "advice"),
    [
        (f"db.{REF}.supabase.co:5432", "reader", "supabase", "direct connection", "IPv6"),
        (f"db.{REF}.supabase.co:6543", "reader", "supabase", "dedicated pooler", "5432"),
        (f"db.{REF}-rr-eu-west-1-abcde.supabase.co", "reader", "supabase", "direct", "IPv6"),
        (f"{POOL}:5432", f"r.{REF}", "supabase", "session mode", ""),
        (f"{POOL}:5432", "r", "supabase", "session", "<role>.<project>"),
        (f"{POOL}:6543", f"r.{REF}", "supabase", "transaction", "5432"),
        ("ep-1.eu.aws.neon.tech", "reader", "neon", "direct", "with SQL"),
        ("ep-1-pooler.eu.aws.neon.tech", "r", "neon", "transaction", "without -pooler"),
        ("db.example.com", "reader", "plain", "PostgreSQL", ""),
        ("supabase.co.example.com", "reader", "plain", "PostgreSQL", ""),
    ],
)  # fmt: skip
def test_a_host_is_recognised(host: str, user: str, name: str, way: str, advice: str) -> None:
    found = provider(at(host, user=user))

    assert found.name == name
    assert way in found.way
    assert advice in " ".join(found.advice)
    assert bool(advice) == bool(found.advice)


@pytest.mark.parametrize(
    ("host", "query", "says"),
    [
        ("db.example.com", "", ["sslmode=verify-full", "sslrootcert"]),
        ("db.example.com", "?sslmode=require", ["sslmode=verify-full", "sslrootcert"]),
        ("db.example.com", "?sslmode=verify-full&sslrootcert=system", []),
        ("x.neon.tech", "?sslmode=verify-full", ["sslrootcert=system"]),
        (f"db.{REF}.supabase.co", "?sslmode=verify-full", ["Database Settings"]),
        ("127.0.0.1", "?sslmode=disable", []),
    ],
)
def test_a_url_that_trusts_anybody_is_told(host: str, query: str, says: list[str]) -> None:
    found = list(tls_advice(at(host, query)))

    assert len(found) == len(says)
    assert all(word in line for word, line in zip(says, found, strict=True))


def test_advice_never_repeats_the_url() -> None:
    dsn = at(f"db.{REF}.supabase.co")

    assert not any("hunter2" in line or REF in line for line in provider(dsn).advice)
