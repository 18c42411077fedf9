"""An environment, resolved: its keys come from variables, and are never printed."""

from pathlib import Path

import pytest

from trueup.config import Project, read
from trueup.environment import Environment, environments

FILE = """
[systems.shop]
title = "Shop"

[systems.shop.environments.staging]
replica = "SHOP_REPLICA_URL"

[systems.shop.environments.staging.addresses]
site = "https://shop.example/"
sentry = { url = "https://sentry.io", key = "SHOP_SENTRY_TOKEN" }
data = { url = "https://data.example/v1/", key = "SHOP_DATA_KEY", sent_as = "apikey" }
"""

TOKEN = "sntrys_" + "0123456789abcdef"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """The shop's staging, with one of its two keys."""
    monkeypatch.setenv("SHOP_REPLICA_URL", "postgresql://u:hunter2@db.example/shop")
    monkeypatch.setenv("SHOP_SENTRY_TOKEN", TOKEN)
    monkeypatch.delenv("SHOP_DATA_KEY", raising=False)
    file = tmp_path / "trueup.toml"
    file.write_text(FILE)
    with environments(Project(tmp_path, read(file)), "staging", ("shop",)) as found:
        return found["shop"]


def test_an_address_has_the_key_that_its_variable_has(environment: Environment) -> None:
    found = environment.addresses

    assert {name: (one.url, one.variable, one.key) for name, one in found.items()} == {
        "site": ("https://shop.example", "", ""),
        "sentry": ("https://sentry.io", "SHOP_SENTRY_TOKEN", TOKEN),
        "data": ("https://data.example/v1", "SHOP_DATA_KEY", ""),
    }
    assert found["data"].headers == {}


def test_its_keys_are_among_what_must_never_be_printed(environment: Environment) -> None:
    assert {TOKEN, "hunter2"} <= set(environment.secrets)
    assert TOKEN not in repr(environment)


def test_a_bucket_is_unset_until_both_of_its_variables_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_REPLICA_URL", "postgresql://u:hunter2@db.example/shop")
    monkeypatch.setenv("SHOP_S3_USER", "AKIA7")
    monkeypatch.delenv("SHOP_S3_KEY", raising=False)
    file = tmp_path / "trueup.toml"
    file.write_text(
        FILE
        + '[systems.shop.environments.staging.storage.photos]\nurl = "https://s3.example/"\n'
        + 'bucket = "shop-photos"\nuser = "SHOP_S3_USER"\nkey = "SHOP_S3_KEY"\n'
    )
    project = Project(tmp_path, read(file))

    with environments(project, "staging", ("shop",)) as found:
        photos = found["shop"].storage["photos"]
    assert (photos.url, photos.bucket, photos.unset) == (
        "https://s3.example",
        "shop-photos",
        "SHOP_S3_KEY",
    )

    monkeypatch.setenv("SHOP_S3_KEY", TOKEN)
    with environments(project, "staging", ("shop",)) as found:
        shop = found["shop"]
    assert (shop.storage["photos"].unset, shop.storage["photos"].user) == ("", "AKIA7")
    assert TOKEN in shop.secrets
    assert TOKEN not in repr(shop)
