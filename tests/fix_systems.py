"""A small shop over a real standby: its project, and its systems as a run opens them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fix_database import Database
from trueup import invariant
from trueup.config import Project, read
from trueup.model.invariant import Invariant, Row
from trueup.replica.reader import Reader
from trueup.suite.opened import Systems

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

GOODS = """
    create table goods (id int primary key, price int not null);
    insert into goods select i, i from generate_series(1, 20) i;
"""

Opened = Callable[..., Systems]


def asking(
    sql: str,
    name: str = "goods_are_sound",
    first: Callable[[], None] = lambda: None,
    **given: Any,
) -> Invariant:
    """An invariant of the shop that asks one question; `first` is called in its transaction."""

    def ask(replica: Reader) -> Iterable[Row]:
        """Somebody is harmed."""
        first()
        return replica.rows(sql)

    options: dict[str, Any] = {"severity": "P1", "over": "goods", "fix": "none"}
    return invariant(**options | given)(ask).named("shop", f"test_{name}", Path(__file__))


FREE = asking("select id from goods where price <= 0")


@pytest.fixture
def systems(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opened]:
    """Open the shop as a run does; `url` and `more` lines of its environment may be given."""
    with ExitStack() as stack:

        def open_them(url: str = "", more: str = "", folder: Path | None = None) -> Systems:
            monkeypatch.setenv("SHOP_REPLICA_URL", url or database.url())
            file = tmp_path / "trueup.toml"
            file.write_text(
                '[systems.shop]\ntitle = "Shop"\n[systems.shop.environments.staging]\n'
                f'replica = "SHOP_REPLICA_URL"\n{more}\n'
            )
            project = Project(tmp_path, read(file))
            opened = Systems.of(project, "staging", ("shop",), "test", folder)
            stack.callback(opened.close)
            return opened

        yield open_them
