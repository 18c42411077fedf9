"""A primary and its standby for the whole session, and a database of its own for each test."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import psycopg
import pytest
from msgspec import Struct
from psycopg import sql

import memory
from trueup.replica.dsn import Dsn
from trueup.replica.limits import Limits
from trueup.replica.reader import Reader
from trueup.replica.session import Session, open_session
from trueup.sample import Cluster, scratch


class Database(Struct, frozen=True):
    """One database on the primary, and the same one on the standby."""

    cluster: Cluster
    name: str

    def url(self, role: str = "trueup_reader", server: str = "standby") -> str:
        """The URL by which a role reaches it."""
        return self.cluster.dsn(role, "standby" if server == "standby" else "primary", self.name)

    def execute(self, statements: str) -> None:
        """Run SQL as superuser, and wait until the standby shows it."""
        self.cluster.execute(statements, self.name)
        self.cluster.wait_for_replay()

    def connect(self, role: str = "postgres", server: str = "primary") -> psycopg.Connection:
        """A connection of one's own, autocommit."""
        return psycopg.connect(self.url(role, server), autocommit=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One primary and one standby for all tests of this process."""
    with scratch(memory.below()) as held:
        yield held


@contextmanager
def another_database(cluster: Cluster) -> Iterator[Database]:
    """An empty database that is dropped in the end."""
    name = f"test_{secrets.token_hex(4)}"
    cluster.create_database(name)
    cluster.execute("create schema if not exists public", name)
    cluster.wait_for_replay()
    yield Database(cluster, name)
    with cluster.connect() as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """An empty database of the test's own."""
    with another_database(cluster) as made:
        yield made


@contextmanager
def opened(
    database: Database, role: str = "trueup_reader", server: str = "standby"
) -> Iterator[Session]:
    """A guarded session on it, closed in the end."""
    session = open_session(
        Dsn(database.url(role, server), "the test's replica"),
        primary_allowed=server == "primary",
        limits=Limits(),
        max_lag=timedelta(seconds=300),
        application="trueup/test",
    )
    try:
        yield session
    finally:
        session.close()


@pytest.fixture
def reading(database: Database) -> Callable[[], AbstractContextManager[Reader]]:
    """A Reader in a transaction of its own on the standby, as often as it is called."""

    @contextmanager
    def read() -> Iterator[Reader]:
        database.cluster.wait_for_replay()
        with opened(database) as session, session.reading() as reader:
            yield reader

    return read


def admit(cluster: Cluster, name: str, rights: str = "") -> None:
    """Make a role that may log in, with these words of CREATE ROLE after its password."""
    password = secrets.token_hex(8)
    cluster.execute(f"create role {name} login password '{password}' {rights}")
    know(cluster, name, password)


def know(cluster: Cluster, name: str, password: str) -> None:
    """Let the cluster know a login that a test has made."""
    cluster.passwords[name] = password  # type: ignore[index]  # its own logins are fixed
    cluster.wait_for_replay()


@pytest.fixture
def writer(database: Database) -> Iterator[str]:
    """A role of the test's own that may log in and nothing else."""
    name = f"writer_{secrets.token_hex(4)}"
    admit(database.cluster, name)
    yield name
    database.cluster.execute(f"drop owned by {name}; drop role {name}", database.name)
