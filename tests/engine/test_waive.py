"""`trueup waive`: writes a waiver that the next run heeds, or says what is wrong with it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trueup.cli.verbs import app
from trueup.errors import ConfigError
from trueup.history import waiver_file

CONFIG = """
[systems.shop]
title = "Shop"
[systems.shop.environments.staging]
replica = "SHOP_URL"
"""
INVARIANTS = '''
from trueup import invariant

@invariant(severity="P1", over="orders", fix="find")
def test_no_order_is_lost(replica):
    """Somebody paid for nothing."""
    return replica.rows("select id from orders where status = 'lost'")
'''
FIX = '''
"""Find the order."""

AT_MOST = 10

def plan(violations):
    return iter(())
'''
DAY = (datetime.now(UTC) + timedelta(days=10)).date()
SAID = ["--reason", "the courier searches", "--owner", "Ada", "--approver", "Bob"]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one invariant, entered."""
    for name, text in {
        "trueup.toml": CONFIG,
        "invariants/shop/test_orders.py": INVARIANTS,
        "fixes/shop/find.py": FIX,
        "waivers.toml": "# What we accepted.\n",
    }.items():
        tmp_path.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def waive(*words: object) -> str:
    found = CliRunner().invoke(app, ["waive", *map(str, words)])
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.output


def test_it_adds_to_the_file_and_prints_what_it_added(shop: Path) -> None:
    told = waive("shop.no_order_is_lost", *SAID, "--until", DAY, "--key", "7", "--key", "9")

    text = shop.joinpath("waivers.toml").read_text()
    (one,) = waiver_file.parse(text, datetime.now(UTC))
    assert text.startswith("# What we accepted.\n\n[[waivers]]\n")
    assert (one.keys, one.last_day, one.zone) == (frozenset({"7", "9"}), DAY, "UTC")
    assert told.endswith(text.removeprefix("# What we accepted.\n\n"))


def test_all_violations_can_be_accepted_in_one_environment(shop: Path) -> None:
    waive("shop.no_order_is_lost", *SAID, "--until", DAY, "--all", "--env", "staging")

    (one,) = waiver_file.read(shop / "waivers.toml", datetime.now(UTC))
    assert (one.keys, one.environment) == (None, "staging")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("shop.no_order_is_lost", "--until", DAY), "each key with --key, or --all"),
        (
            ("shop.no_order_is_lost", "--until", DAY, "--all", "--key", "7"),
            "each key with --key, or --all",
        ),
        (("shop.no_order", "--until", DAY, "--all"), "there is no invariant 'shop.no_order'"),
        (("shop.no_order_is_lost", "--until", "2099-01-01", "--all"), "at most 90 may be"),
        (("shop.no_order_is_lost", "--until", "2020-01-01", "--all"), "2020-01-01 is over"),
        (
            ("shop.no_order_is_lost", "--until", DAY, "--all", "--env", "smaple"),
            "shop has no environment 'smaple'; it has staging",
        ),
        (("shop.no_order_is_lost", "--until", DAY, "--key", "\udcff"), "cannot be written"),
    ],
)
def test_what_cannot_be_accepted_is_refused_and_not_written(
    shop: Path, words: tuple[object, ...], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        waive(*words, *SAID)

    assert shop.joinpath("waivers.toml").read_text() == "# What we accepted.\n"
