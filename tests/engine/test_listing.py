"""The catalog in words: what a program, a terminal and a page are told of it."""

import json
from pathlib import Path

import pytest

from trueup import catalog, listing
from trueup.errors import CatalogError

INVARIANTS = '''
from trueup import invariant


@invariant(severity="P1", over="orders", fix="find", runbook="lost-orders")
def test_every_order_is_found(replica):
    """Somebody paid for nothing."""
    return replica.rows("select id from orders where lost")


@invariant(
    severity="P0",
    over={"rows": "(select o.id from shop.orders as o join unnest(array[1]) as u on true)",
          "charges": "stripe.charges"},
    fix=["find", "lend"],
)
def test_every_charge_is_ours(replica, stripe, http, now):
    """Money is missing."""
    return replica.rows("select 1 as id where false")
'''

FIND = '''
"""Find it."""

AT_MOST = 1


def plan(violations):
    return iter(())
'''

LEND = '''
"""Lend something, as somebody asked."""

from typing import TypedDict

AT_MOST = 1


class Row(TypedDict):
    """To whom."""

    user_id: str


def plan(rows):
    return iter(())
'''

PERSON = '''
"""Whose."""

from trueup.library.person import Person

PERSON = Person(account="users.id")
'''

RUNBOOK = """
# Shop

## Lost orders

```
# Not a heading
```
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with two invariants, a procedure, a runbook, and people."""
    files = {
        "invariants/shop/test_orders.py": INVARIANTS,
        "invariants/shop/person.py": PERSON,
        "fixes/shop/find.py": FIND,
        "fixes/shop/lend.py": LEND,
        "docs/runbooks/shop.md": RUNBOOK,
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_json_says_what_each_is_reads_and_is_mended_by(shop: Path) -> None:
    first, second = json.loads(listing.as_json(catalog.load(shop)))

    assert first["runbook"] == {
        "page": "docs/runbooks/shop.md",
        "anchor": "lost-orders",
        "section": "Lost orders",
    }
    assert {name: first[name] for name in ("system", "name", "severity", "fix", "sources")} == {
        "system": "shop",
        "name": "every_order_is_found",
        "severity": "P1",
        "fix": ["find"],
        "sources": ["orders"],
    }
    assert second["sources"] == ["shop.orders", "stripe.charges", "http"]
    assert second["runbook"] is None


def test_a_terminal_is_told_what_may_be_asked_for_too(shop: Path) -> None:
    lines = listing.table(catalog.load(shop)).splitlines()

    assert lines == [
        "P1  shop.every_order_is_found  find",
        "P0  shop.every_charge_is_ours  find, lend",
        "",
        "procedure  shop.lend         user_id: str",
        "procedure  shop.export_user  trueup export shop user_id=…",
        "",
        "2 invariants in 1 system",
    ]


def test_what_there_is_one_of_is_counted_as_one(shop: Path) -> None:
    file = shop / "invariants/shop/test_orders.py"
    file.write_text(INVARIANTS.partition("@invariant(\n")[0])

    assert listing.table(catalog.load(shop)).endswith("\n1 invariant in 1 system")


def test_the_page_says_how_a_person_is_given_what_is_theirs(shop: Path) -> None:
    assert "`trueup export shop user_id=…`" in listing.markdown(catalog.load(shop))
    (shop / "invariants/shop/person.py").unlink()
    assert "trueup export" not in listing.markdown(catalog.load(shop))


def test_the_page_ends_with_what_was_renamed_or_bettered(shop: Path) -> None:
    assert "Bettered" not in listing.markdown(catalog.load(shop))
    (shop / "invariants/shop/renamed.toml").write_text(
        '[no_order_is_lost]\nhere = ["every_order_is_found"]\nwhy = "it is the truth | said"\n'
        '[the_shop_is_fresh]\nwhy = "a verdict of its own"\n'
    )

    page = listing.markdown(catalog.load(shop))

    assert page.endswith(
        "| shop | `no_order_is_lost` | `every_order_is_found` | it is the truth \\| said |\n"
        "| shop | `the_shop_is_fresh` | no row | a verdict of its own |\n"
    )


@pytest.mark.parametrize("text", ["[a]\nhere = []\n", "a = 1\n", "[a", "[a]\nwhy = 1\n"])
def test_a_file_that_does_not_say_what_became_of_what_is_refused(shop: Path, text: str) -> None:
    (shop / "invariants/shop/renamed.toml").write_text(text)

    with pytest.raises(CatalogError, match=r"invariants/shop/renamed\.toml does not say"):
        listing.markdown(catalog.load(shop))
