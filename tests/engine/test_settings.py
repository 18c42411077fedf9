"""A system's settings: what several systems have is typed, and the rest is kept as it is."""

from datetime import date
from pathlib import Path

import pytest

from trueup.config import read
from trueup.errors import ConfigError
from trueup.model.window import Window

SHOP = '[systems.shop]\ntitle = "Shop"\n[systems.shop.settings]\n'

WHOLE = """
admins = ["u1"]
migrations = ["20260101000000"]
connection_limit = 60
secrets = { NEXTAUTH_SECRET = 2026-09-01 }
maintenance = ["first sunday 02:00-04:00 America/Toronto", "tuesday 02:00-04:00 UTC"]
override_admin = "u1"
[systems.shop.settings.prices]
price_pro = "Pro"
price_five = 5
[systems.shop.settings.tiers.free]
runs = 100
[systems.shop.settings.tiers.enterprise]
runs = -1
[systems.shop.settings.stripe]
webhook = "https://shop.example/hook"
handled = ["invoice.paid"]
[systems.shop.settings.colours]
door = "red"
"""


def settings(folder: Path, text: str) -> dict[str, object]:
    path = folder / "trueup.toml"
    path.write_text(SHOP + text)
    return dict(read(path).systems["shop"].settings)


def test_what_is_typed_is_read_and_the_rest_is_kept(tmp_path: Path) -> None:
    found = settings(tmp_path, WHOLE)

    assert found["secrets"] == {"NEXTAUTH_SECRET": date(2026, 9, 1)}
    assert found["tiers"] == {"free": {"runs": 100}, "enterprise": {"runs": -1}}
    assert found["prices"] == {"price_pro": "Pro", "price_five": 5}
    assert found["colours"] == {"door": "red"}
    assert found["maintenance"] == [
        Window("first sunday 02:00-04:00 America/Toronto"),
        Window("tuesday 02:00-04:00 UTC"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('admins = "u1"', "admins: expected a list, got a text"),
        ("admins = [1]", "admins.0: expected a text, got a whole number"),
        ("migrations = []", "migrations: expected a list of length >= 1"),
        ('connection_limit = "60"', "connection_limit: expected a whole number, got a text"),
        ("connection_limit = true", "connection_limit: expected a whole number, got true or false"),
        ("connection_limit = 0", "connection_limit: expected a whole number >= 1"),
        ("prices = []", "prices: expected a table, got a list"),
        ("tiers = { free = { runs = -2 } }", "tiers.free.runs: expected a whole number >= -1"),
        (
            'tiers = { free = { runs = "x" } }',
            "tiers.free.runs: expected a whole number, got a text",
        ),
        ('secrets = { KEY = "soon" }', "secrets.KEY: is no day; write it as in 2026-12-24"),
        (
            "secrets = { KEY = 2026-01-01T00:00:00Z }",
            "secrets.KEY: expected a day, got an instant",
        ),
        ('stripe = { webhok = "https://x" }', "stripe.webhok: is not a key of it"),
        ('stripe = { webhook = "shop.example" }', "stripe.webhook: is no URL"),
        ('maintenance = ["sometimes"]', "maintenance.0: 'sometimes' is no window; write it as in"),
        ("maintenance = [2]", "maintenance.0: expected a text, got a whole number"),
        ('maintenance = "sunday 02:00-04:00 UTC"', "maintenance: expected a list, got a text"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        settings(tmp_path, text)

    assert f"trueup.toml: systems.shop.settings.{says}" in str(refused.value)
    assert "\n" not in str(refused.value)
