"""What is found in a maintenance window is told as that, and fails no run."""

import json

import pytest

from engine.report.runs import record
from engine.report.runs import run as run_of
from trueup.model.verdict import Verdict
from trueup.suite import finish, item, metrics, start
from trueup.suite.recorder import exit_code

# Pytester forgets what was imported while it ran: imported here, each module exists only once.
IMPORTED = (finish, item, metrics, start)

WINDOW = "first sunday 02:00-04:00 America/Toronto"

INSIDE, BEFORE, AFTER = "2026-10-04T07:30:00Z", "2026-10-04T05:59:59Z", "2026-10-04T08:00:00Z"


@pytest.fixture
def maintained(pytester: pytest.Pytester, shop):
    """The shop, with a window of its own."""
    with (pytester.path / "trueup.toml").open("a") as file:
        file.write(f'[systems.shop.settings]\nmaintenance = ["{WINDOW}"]\n')
    return shop


def run(pytester: pytest.Pytester, as_of: str, *args: str) -> pytest.RunResult:
    words = ("invariants", "--env", "staging", "-p", "no:randomly", "--as-of", as_of)
    return pytester.runpytest(*words, *args)


def written(pytester: pytest.Pytester):
    *_, path = sorted(pytester.path.glob("reports/*/run.json"), key=lambda p: p.stat().st_mtime_ns)
    return json.loads(path.read_text())


def page(pytester: pytest.Pytester) -> str:
    [path] = pytester.path.glob("reports/*/index.html")
    return path.read_text()


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "two workers"])
def test_a_violation_inside_the_window_fails_nothing_and_is_told(
    pytester, maintained, workers
) -> None:
    maintained.execute("update orders set status = 'lost' where id in (7, 9)")

    result = run(pytester, INSIDE, "-v", "--junitxml=junit.xml", *workers)

    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "*VIOLATED, IN MAINTENANCE*",
            "*1 violated*1 of these in maintenance",
            f"*P1 no order is lost: 2 violations, in maintenance ({WINDOW})",
        ]
    )
    [record] = [one for one in written(pytester)["records"] if one["maintenance"]]
    assert (record["verdict"], record["maintenance"]) == ("violated", WINDOW)
    assert f"Found in maintenance ({WINDOW})" in page(pytester)
    assert f'name="maintenance" value="{WINDOW}"' in (pytester.path / "junit.xml").read_text()


@pytest.mark.parametrize("as_of", [BEFORE, AFTER])
def test_a_violation_outside_of_the_window_fails(pytester, maintained, as_of: str) -> None:
    maintained.execute("update orders set status = 'lost' where id in (7, 9)")

    result = run(pytester, as_of)

    assert result.ret == 1
    assert not any(record["maintenance"] for record in written(pytester)["records"])
    assert "maintenance" not in page(pytester)


def test_an_unknown_inside_the_window_fails_nothing_and_is_listed(pytester, maintained) -> None:
    maintained.execute("alter table orders drop column buyer")

    result = run(pytester, INSIDE)

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*= UNKNOWN =*", "P2 every order has a buyer", "*1 unknown*"])


def test_an_unknown_outside_of_the_window_is_an_exit_code_of_its_own(pytester, maintained) -> None:
    maintained.execute("alter table orders drop column buyer")

    assert run(pytester, AFTER).ret == 6


def test_what_holds_inside_the_window_is_no_news(pytester, maintained) -> None:
    result = run(pytester, INSIDE)

    assert result.ret == 0
    assert "maintenance" not in result.stdout.str()


def test_what_was_found_in_maintenance_is_new_once_it_is_over(pytester, maintained) -> None:
    maintained.execute("update orders set status = 'lost' where id in (7, 9)")
    run(pytester, INSIDE)
    quiet = written(pytester)["id"]

    assert run(pytester, AFTER, "--only-new", quiet).ret == 1
    loud = written(pytester)["id"]
    assert run(pytester, AFTER, "--only-new", loud).ret == 0


def test_an_unknown_beside_one_in_maintenance_still_is_an_exit_code_of_its_own() -> None:
    dark = record("the_lamp_is_lit", Verdict.UNKNOWN)
    quiet = record("the_door_is_shut", Verdict.UNKNOWN, maintenance=WINDOW)

    assert exit_code(run_of([dark, quiet]), pytest.ExitCode.TESTS_FAILED, failed=1) == 6
    assert (run_of([dark, quiet]).exit_code, run_of([quiet]).exit_code) == (6, 0)
