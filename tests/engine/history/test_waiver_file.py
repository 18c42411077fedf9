import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from trueup.errors import ConfigError
from trueup.history import waiver_file
from trueup.model.waiver import Waiver

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)

TEXT = """
# Kept.
[[waivers]]
invariant = "shop.no_order_is_lost"
keys = ["7", "9"] # the two of the fair
reason = "the courier searches"
owner = "Ada"
approver = "Bob"
last_day = 2026-12-24
zone = "Europe/Berlin"
"""


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new)


def test_a_waiver_is_read_as_it_is_written() -> None:
    (found,) = waiver_file.parse(TEXT, NOW)

    assert found == Waiver(
        invariant="shop.no_order_is_lost",
        keys=frozenset({"7", "9"}),
        reason="the courier searches",
        owner="Ada",
        approver="Bob",
        last_day=date(2026, 12, 24),
        zone="Europe/Berlin",
    )


def test_the_waiver_of_the_documents_is_one() -> None:
    text = (Path(__file__).parents[3] / "docs" / "reading-a-report.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)

    (found,) = waiver_file.parse(example, NOW)

    assert (found.owner, found.environment, found.zone) == ("Ada", "production", "Europe/Berlin")


def test_it_ends_with_its_last_day_in_its_zone() -> None:
    (berlin,) = waiver_file.parse(TEXT, NOW)
    (honolulu,) = waiver_file.parse(changed("Europe/Berlin", "Pacific/Honolulu"), NOW)

    assert berlin.ends == datetime(2026, 12, 24, 23, tzinfo=UTC)
    assert honolulu.ends == datetime(2026, 12, 25, 10, tzinfo=UTC)


def test_a_key_may_be_the_empty_text() -> None:
    (found,) = waiver_file.parse(changed('["7", "9"]', '[""]'), NOW)

    assert (found.covers(""), found.covers("7")) == (True, False)


def test_all_keys_can_be_accepted_and_one_environment_meant() -> None:
    text = changed('["7", "9"]', '"all"') + 'environment = "staging"\n'

    (found,) = waiver_file.parse(text, NOW)

    assert found.covers("anything")
    assert (found.concerns("staging"), found.concerns("production")) == (True, False)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = [", "is not TOML"),
        ("x = 1", "x is not a key of it; a waiver begins with [[waivers]]"),
        ("waivers = 1", "a waiver begins with [[waivers]]"),
        (changed('reason = "the courier searches"\n', ""), "reason is missing; it says why"),
        (changed("the courier searches", "  "), "reason says why"),
        (changed("approver", "aprover"), "aprover is not a key of it"),
        (changed('"Bob"', '"ada "'), "somebody else has to approve"),
        (changed('"Bob"', '"bob@example.com"'), "approver is a name or a team"),
        (changed("courier", "courier bob@example.com"), "reason has an e-mail address"),
        (changed('["7", "9"]', "[]"), 'keys lists the keys that are accepted, or is "all"'),
        (changed('["7", "9"]', '"every"'), 'keys lists the keys that are accepted, or is "all"'),
        (changed("shop.no_order", "no_order"), "invariant names one as system.invariant"),
        (changed("2026-12-24", '"soon"'), "last_day is a day, as in 2026-12-24"),
        (changed("Europe/Berlin", "Europe/Atlantis"), "zone 'Europe/Atlantis' is not known"),
        (changed("Europe/Berlin", "../etc"), "is not known"),
        (changed("2026-12-24", "2027-02-25"), "is 91 days away; at most 90 may be"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_waiver_and_the_key(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        waiver_file.parse(text, NOW)

    assert says in str(refused.value)
    assert str(refused.value).startswith("waivers.toml")
    assert "\n" not in str(refused.value)


def test_ninety_days_are_allowed_and_counted_in_its_zone() -> None:
    late = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    text = changed("2026-12-24", "2027-02-25")

    assert waiver_file.parse(text, late)[0].last_day == date(2027, 2, 25)


def test_a_second_waiver_is_the_one_that_is_told() -> None:
    with pytest.raises(ConfigError, match="waiver 2: owner and approver"):
        waiver_file.parse(TEXT + changed('"Bob"', '"Ada"'), NOW)


def test_no_file_is_no_waiver(tmp_path: Path) -> None:
    assert waiver_file.read(tmp_path / "waivers.toml", NOW) == ()


def test_a_file_that_an_editor_on_windows_wrote_is_read(tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(f"\ufeff{TEXT}")
    (one,) = waiver_file.parse(TEXT, NOW)

    waiver_file.add(file, replace(one, invariant="shop.every_order_has_a_buyer"), NOW)

    assert waiver_file.read(file, NOW)[0] == one


def test_adding_one_keeps_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(TEXT.rstrip("\n"))
    (one,) = waiver_file.parse(TEXT, NOW)
    other = Waiver(
        invariant="shop.every_order_has_a_buyer",
        keys=None,
        reason='a "test" shop\twith\\all\x7f',
        owner="Ada",
        approver="Böb",
        last_day=date(2026, 11, 30),
        zone="UTC",
        environment="staging",
    )

    added = waiver_file.add(file, other, NOW)

    assert file.read_text().startswith(TEXT.rstrip("\n") + "\n\n[[waivers]]\n")
    assert file.read_text().endswith(added)
    assert waiver_file.read(file, NOW) == (one, other)
    assert [path.name for path in tmp_path.iterdir()] == ["waivers.toml"]


def test_one_that_is_wrong_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(TEXT)
    (one,) = waiver_file.parse(TEXT, NOW)

    with pytest.raises(ConfigError, match="waiver 2"):
        waiver_file.add(file, replace(one, owner="bob"), NOW)

    assert file.read_text() == TEXT
