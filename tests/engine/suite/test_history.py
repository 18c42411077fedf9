"""What a second run says of the first, and what a waiver does to it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from trueup.suite import finish, item, metrics, start

# Pytester forgets what was imported while it ran: imported here, each module exists only once.
IMPORTED = (finish, item, metrics, start)

LOST = "update orders set status = 'lost' where id in ({})"
SOON = datetime.now(UTC).date() + timedelta(days=30)
PAST = datetime.now(UTC).date() - timedelta(days=2)

WAIVER = """
[[waivers]]
invariant = "shop.no_order_is_lost"
keys = {keys}
reason = "the courier searches"
owner = "Ada"
approver = "Bob"
last_day = {last_day}
"""

WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])


def run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    return pytester.runpytest("invariants", "--env", "staging", "-p", "no:randomly", *args)


def lost(pytester: pytest.Pytester):
    """What the newest run recorded of the lost orders."""
    path = max(pytester.path.glob("reports/*/run.json"), key=lambda file: file.stat().st_mtime_ns)
    written = json.loads(path.read_text())
    (found,) = [one for one in written["records"] if one["name"] == "no_order_is_lost"]
    return written, found


def waive(pytester: pytest.Pytester, keys: str, last_day: object = SOON) -> None:
    pytester.path.joinpath("waivers.toml").write_text(WAIVER.format(keys=keys, last_day=last_day))


def test_a_second_run_names_what_is_new_by_its_key(pytester, shop) -> None:
    shop.execute(LOST.format("7, 9"))
    run(pytester)
    shop.execute("update orders set status = 'paid' where id = 7;" + LOST.format("11"))

    run(pytester)

    written, found = lost(pytester)
    assert len(written["earlier"]) == 1
    assert found["keys"] == ["9", "11"]
    assert (found["past"]["change"], found["past"]["added"], found["past"]["gone"]) == (
        "ongoing",
        1,
        1,
    )
    assert found["past"]["first_seen"] == [0, 1]


def test_earlier_runs_may_lie_in_another_folder(pytester, shop) -> None:
    run(pytester, "--reports", "kept")

    run(pytester, "--history", "kept")

    written, found = lost(pytester)
    assert (len(written["earlier"]), found["past"]["verdicts"]) == (1, ["holds"])


@WORKERS
def test_a_file_in_place_of_earlier_runs_is_refused(pytester, shop, workers) -> None:
    result = run(pytester, "--history", "trueup.toml", *workers)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*trueup.toml' is no folder; name the one that has the earlier*"])


@WORKERS
def test_what_is_waived_is_expected_to_fail(pytester, shop, workers) -> None:
    shop.execute(LOST.format("7, 9"))
    waive(pytester, '["7", "9"]')

    result = run(pytester, "-v", *workers)

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*test_no_order_is_lost WAIVED*" if not workers else "*WAIVED*"])
    written, found = lost(pytester)
    assert (written["verdict"], found["verdict"], found["waived"]) == ("holds", "waived", 2)


def test_one_beyond_the_waived_keys_is_violated(pytester, shop) -> None:
    shop.execute(LOST.format("7, 9"))
    waive(pytester, '["9"]')

    result = run(pytester)

    assert result.ret == 1
    _, found = lost(pytester)
    assert (found["verdict"], found["keys"], found["waived"]) == ("violated", ["7", "9"], 1)


def test_an_expired_waiver_counts_again_and_one_that_matches_nothing_is_listed(
    pytester, shop
) -> None:
    shop.execute(LOST.format("7"))
    waive(pytester, '"all"', PAST)
    with pytester.path.joinpath("waivers.toml").open("a") as file:
        file.write(WAIVER.format(keys='["8"]', last_day=SOON))

    result = run(pytester)

    assert result.ret == 1
    written, found = lost(pytester)
    assert (found["verdict"], found["waived"], found["waivers"][0]["expired"]) == (
        "violated",
        0,
        True,
    )
    assert [one["keys"] for one in written["idle_waivers"]] == [["8"]]


def test_what_could_not_be_looked_at_is_never_waived(pytester, shop) -> None:
    shop.execute("alter table orders drop column status cascade")
    waive(pytester, '"all"')

    assert run(pytester).ret == 6

    _, found = lost(pytester)
    assert (found["verdict"], found["waivers"]) == ("unknown", [])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"all"', '"some"', "keys lists the keys*"),
        (
            "zone",
            'environment = "stagign"\nzone',
            "shop has no environment 'stagign'; it has staging, sample",
        ),
        ("shop.", "shpo.", "trueup.toml has no system 'shpo'; it has shop"),
    ],
)
def test_a_waiver_that_is_wrong_is_one_line(pytester, shop, old, new, says) -> None:
    waive(pytester, '"all"')
    file = pytester.path / "waivers.toml"
    file.write_text((file.read_text() + 'zone = "UTC"\n').replace(old, new))

    result = run(pytester)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*trueup: waivers.toml: waiver 1: {says}"])


@WORKERS
def test_with_only_new_a_known_violation_does_not_fail(pytester, shop, workers) -> None:
    shop.execute(LOST.format("7, 9"))
    run(pytester)

    result = run(pytester, "-v", "--only-new", "last", *workers)

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*VIOLATED, NOT NEW*"])
    written, found = lost(pytester)
    assert (written["verdict"], found["verdict"]) == ("violated", "violated")
    assert found["known"] == written["only_new"] == written["earlier"][0]["id"]


def test_with_only_new_another_key_fails(pytester, shop) -> None:
    shop.execute(LOST.format("7, 9"))
    run(pytester)
    shop.execute("update orders set status = 'paid' where id = 7;" + LOST.format("11"))

    assert run(pytester, "--only-new", "last").ret == 1


def test_with_only_new_an_unknown_still_is_one(pytester, shop) -> None:
    shop.execute(LOST.format("7"))
    run(pytester)
    shop.execute("alter table orders drop column buyer")

    assert run(pytester, "--only-new", "last").ret == 6


def test_the_first_run_has_nothing_to_compare_with_so_all_is_new(pytester, shop) -> None:
    shop.execute(LOST.format("7"))

    assert run(pytester, "--only-new", "last").ret == 1


def test_a_baseline_that_is_not_there_is_one_line(pytester, shop) -> None:
    result = run(pytester, "--only-new", "20260101T000000Z-abcdef")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*trueup: no run can be read from*"])
