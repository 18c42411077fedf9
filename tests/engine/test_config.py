"""trueup.toml: whatever is wrong with it is one clear line that names the key."""

from pathlib import Path

import pytest

from trueup.config import AddressConfig, find_project, instant, read, variable
from trueup.errors import ConfigError

WHOLE = """
[systems.shop]
title = "Shop"

[systems.shop.settings]
admins = ["a"]

[systems.shop.environments.production]
replica = "SHOP_REPLICA_URL"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "trueup.toml"
    path.write_text(text)
    return path


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    config = read(written(tmp_path, WHOLE))

    shop = config.systems["shop"]
    assert shop.settings == {"admins": ["a"]}
    assert shop.environments["production"].statement_timeout == 30
    assert not shop.environments["production"].primary_allowed


def test_a_file_that_an_editor_on_windows_wrote_is_read(tmp_path: Path) -> None:
    assert read(written(tmp_path, f"\ufeff{WHOLE}")) == read(written(tmp_path, WHOLE))


def test_an_address_is_a_url_or_a_url_with_the_variable_of_its_key(tmp_path: Path) -> None:
    config = read(
        written(
            tmp_path,
            WHOLE
            + 'addresses.site = "https://shop.example"\n'
            + 'addresses.local = { url = "http://127.0.0.1:54321", key = "K", sent_as = "apikey" }',
        )
    )

    addresses = config.systems["shop"].environments["production"].addresses
    site, local = addresses["site"], addresses["local"]
    assert site == "https://shop.example"
    assert local == AddressConfig(url="http://127.0.0.1:54321", key="K", sent_as="apikey")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[systems.shop", "trueup.toml is not TOML"),
        ("", "trueup.toml: systems: is missing"),
        ("[systems.shop]", "systems.shop.title: is missing"),
        ('[systems.shop]\nsample = ["x"]', "systems.shop.sample: expected a text, got a list"),
        (WHOLE + 'replca = "X"', "production.replca: is not a key of it"),
        (WHOLE + 'primary = "postgresql://u:hunter2@h/x"', "production.primary: names a variable;"),
        (
            WHOLE.replace("SHOP_REPLICA_URL", ""),
            "production.replica: names a variable; what it has",
        ),
        (WHOLE + "statement_timeout = 0", "statement_timeout: expected a number > 0.0"),
        (WHOLE + 'statement_timeout = "30"', "statement_timeout: expected a number, got a text"),
        (WHOLE + "max_lag = true", "max_lag: expected a number, got true or false"),
        (WHOLE + 'primary_allowed = "yes"', "primary_allowed: expected true or false, got a text"),
        (WHOLE + "connections = 9", "connections: expected a whole number <= 8"),
        (WHOLE + 'heartbeat = "at"', "heartbeat: names a column that something writes"),
        (WHOLE + "stripe = 1", "stripe: expected a table, got a whole number"),
        (WHOLE.replace('replica = "SHOP_REPLICA_URL"', ""), "production.replica: is missing"),
        (WHOLE + 'addresses.api = "nowhere"', "addresses.api: is no URL; write it with its"),
        (WHOLE + 'addresses.api = { key = "K" }', "addresses.api.url: is missing"),
        (
            WHOLE + 'addresses.api = { url = "http://api.example", key = "K" }',
            "addresses.api: a key is sent over https and nothing else",
        ),
        (
            WHOLE
            + 'storage.b = { url = "http://s3.example", bucket = "b", user = "U", key = "K" }',
            "storage.b: a bucket is listed over https and nothing else",
        ),
        (WHOLE + 'storage.b = { url = "https://s3.example", key = "K" }', "storage.b.bucket: is"),
        (
            WHOLE + 'addresses.api = { url = "https://api.example", key = "K", sent_as = "?" }',
            "addresses.api.sent_as: is '?'; write one of 'bearer', 'apikey'",
        ),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, text))

    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_file_is_found_from_a_folder_below(tmp_path: Path) -> None:
    written(tmp_path, WHOLE)
    below = tmp_path / "invariants" / "shop"
    below.mkdir(parents=True)

    assert find_project(below).root == tmp_path


def test_an_unknown_system_lists_those_there_are(tmp_path: Path) -> None:
    project = find_project(written(tmp_path, WHOLE).parent)

    with pytest.raises(ConfigError, match="no system 'shp'; it has shop"):
        project.system("shp")


def test_a_variable_that_is_not_set_is_named_with_its_key() -> None:
    assert variable("X", "key", {"X": "value"}) == "value"
    with pytest.raises(ConfigError, match=r"X is not set; .* names it as key"):
        variable("X", "key", {"X": ""})


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-11-02T12:00:00"])
def test_an_instant_needs_an_offset(text: str) -> None:
    with pytest.raises(ConfigError, match=repr(text)):
        instant(text)


def test_an_instant_keeps_its_offset() -> None:
    assert instant("2026-11-02T12:00:00+02:00").isoformat() == "2026-11-02T12:00:00+02:00"


def test_a_url_where_a_variable_belongs_is_not_printed(tmp_path: Path) -> None:
    text = WHOLE.replace("SHOP_REPLICA_URL", "postgresql://u:hunter2@h/x")

    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, text))

    assert "hunter2" not in str(refused.value)
