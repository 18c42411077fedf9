"""What a person sees who runs the invariants as plain pytest."""

import json
from pathlib import Path
from time import monotonic

import pytest

from trueup.suite import finish, item, metrics, start

# Pytester forgets what was imported while it ran: imported here, each module exists only once.
IMPORTED = (finish, item, metrics, start)


def run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    return pytester.runpytest("invariants", "--env", "staging", "-p", "no:randomly", *args)


def written(pytester: pytest.Pytester):
    [path] = pytester.path.glob("reports/*/run.json")
    return json.loads(path.read_text())


def test_all_that_applies_holds(pytester, shop) -> None:
    result = run(pytester, "-v")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*test_no_order_is_lost HOLDS*", "*NOT APPLICABLE*"])
    assert written(pytester)["verdict"] == "holds"


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "two workers"])
def test_a_violation_fails_and_says_what_to_do(pytester, shop, workers) -> None:
    shop.execute("update orders set status = 'lost' where id in (7, 9)")

    result = run(pytester, *workers)

    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "P1 no order is lost",
            "*2 violations, of 50 orders judged",
            "*Somebody paid for nothing.",
            "*fixes/shop/find.py",
            "*trueup plan shop.find --env staging*",
            "*1 violated*",
        ]
    )
    [record] = [r for r in written(pytester)["records"] if r["verdict"] == "violated"]
    assert record["keys"] == ["7", "9"]
    assert record["judged"] == {"orders": 50}


@pytest.mark.parametrize("approval", ["true", "false"])
def test_what_somebody_else_approves_first_is_only_planned(pytester, shop, approval: str) -> None:
    shop.execute("update orders set status = 'lost' where id in (7, 9)")
    toml = pytester.path / "trueup.toml"
    toml.write_text(f"{toml.read_text()}approval = {approval}\n")

    run(pytester)

    [record] = [r for r in written(pytester)["records"] if r["verdict"] == "violated"]
    [command] = [fix["command"] for fix in record["fixes"]]
    assert command.startswith("trueup plan shop.find --env staging --invariant no_order_is_lost")
    assert command.endswith("--out .trueup/plans/shop.find.json") is (approval == "true")
    assert command.endswith(" && trueup apply .trueup/plans/shop.find.json") is (approval != "true")


def test_nothing_of_a_row_is_shown_unless_allowed(pytester, shop) -> None:
    shop.execute("update orders set status = 'lost' where id in (7, 9)")

    result = run(pytester, "--junitxml=junit.xml", "--html=page.html", "--self-contained-html")

    [folder] = pytester.path.glob("reports/*/")
    outputs = [*folder.iterdir(), pytester.path / "junit.xml", pytester.path / "page.html"]
    texts = [result.stdout.str(), result.stderr.str(), *(path.read_text() for path in outputs)]
    assert len(texts) == 6
    assert not any("jane" in text for text in texts)
    assert any("lost" in text for text in texts)


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "two workers"])
def test_pytest_htmls_page_has_our_columns_and_the_command(pytester, shop, workers) -> None:
    shop.execute("update orders set status = 'lost' where id in (7, 9)")

    run(pytester, "--html=page.html", "--self-contained-html", *workers)

    page = (pytester.path / "page.html").read_text()
    for said in ("severity", "Somebody paid for nothing.", "trueup plan shop.find", "masked"):
        assert said in page
    assert page.count("trueup plan shop.find") == 1


def test_only_unknown_is_an_exit_code_of_its_own(pytester, shop) -> None:
    shop.execute("alter table orders drop column buyer")

    result = run(pytester)

    assert result.ret == 6
    result.stdout.fnmatch_lines(
        [
            "*= UNKNOWN =*",
            "P2 every order has a buyer",
            "*column *buyer* does not exist (42703)",
            "*remedy: the schema differs*",
            "*1 unknown*",
        ]
    )
    assert written(pytester)["verdict"] == "unknown"


def test_a_violation_outweighs_an_unknown_and_hides_it_not(pytester, shop) -> None:
    shop.execute("alter table orders drop column buyer; update orders set status = 'lost'")

    result = run(pytester)

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*1 violated, 1 unknown*"])


def test_a_primary_in_place_of_the_replica_makes_all_unknown(pytester, shop, monkeypatch) -> None:
    monkeypatch.setenv("SHOP_REPLICA_URL", shop.url("trueup_reader", "primary"))

    result = run(pytester)

    assert result.ret == 6
    result.stdout.fnmatch_lines(["*SHOP_REPLICA_URL: the server is a primary*primary_allowed*"])


def test_a_role_that_can_write_makes_all_unknown(pytester, shop, writer, monkeypatch) -> None:
    shop.execute(f"grant select, delete on orders to {writer}")
    monkeypatch.setenv("SHOP_REPLICA_URL", shop.url(writer))

    result = run(pytester)

    assert result.ret == 6
    result.stdout.fnmatch_lines(["*could write: it may write public.orders*revoke *"])


def test_rows_that_are_hidden_make_it_unknown(pytester, shop, writer, monkeypatch) -> None:
    shop.execute(
        f"alter table orders enable row level security; grant select on orders to {writer}"
    )
    shop.execute(f"grant pg_monitor to {writer}")
    monkeypatch.setenv("SHOP_REPLICA_URL", shop.url(writer))

    result = run(pytester)

    assert result.ret == 6
    result.stdout.fnmatch_lines(["*row-level security hides rows of orders*", "*BYPASSRLS*"])


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((), "*say which environment to read*"),
        (("--env", "nowhere"), "*shop has no environment 'nowhere'; trueup.toml has staging"),
        (("--env", "staging", "--as-of", "noon"), "*'noon' is not an instant*"),
    ],
)
def test_a_run_that_cannot_be_meant_is_one_line(pytester, shop, args, says) -> None:
    result = pytester.runpytest("invariants", *args)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([says])
    result.stderr.no_fnmatch_line("*Traceback*")


def test_a_variable_that_is_not_set_is_named(pytester, shop, monkeypatch) -> None:
    monkeypatch.delenv("SHOP_REPLICA_URL")

    result = run(pytester)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the variable SHOP_REPLICA_URL is not set*"])


def test_an_invariant_is_found_by_name_severity_and_tag(pytester, shop) -> None:
    for expression in ("no_order_is_lost", "P1", "money"):
        result = run(pytester, "-k", expression)
        result.assert_outcomes(passed=1, deselected=2)


def test_they_can_be_listed_without_an_environment(pytester, shop) -> None:
    result = pytester.runpytest("invariants", "--co", "-q")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*test_orders.py::test_no_order_is_lost"])


def test_no_match_is_an_error(pytester, shop) -> None:
    assert run(pytester, "-k", "nonsense").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_stopping_at_the_first_violation_is_a_violation_with_workers_too(pytester, shop) -> None:
    shop.execute("update orders set status = 'lost'")

    assert run(pytester, "-x", "-n", "2").ret == 1


def test_stopping_at_the_first_violation_leaves_the_rest(pytester, shop) -> None:
    shop.execute("update orders set status = 'lost'")

    result = run(pytester, "-x")

    assert result.ret == 1
    assert len(written(pytester)["records"]) == 1
    assert written(pytester)["stopped"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_run_that_came_to_its_end_was_not_stopped(pytester, shop, workers) -> None:
    run(pytester, *workers)

    assert not written(pytester).get("stopped")


def test_where_nobody_can_read_the_run_it_has_not_passed(pytester, shop) -> None:
    pytester.path.joinpath("file").write_text("")

    result = run(pytester, "-k", "is_lost", "--reports", "file")

    assert result.ret == 2
    result.stdout.fnmatch_lines(["*the report was not written:*"])


ENDLESS = '''
    from trueup import invariant

    SLOW = """
        select max(a * b) as id
        from generate_series(1, 9999999) a, generate_series(1, 9999999) b
    """

    @invariant(severity="P3", over="orders", fix="find")
    def test_something_that_takes_for_ever(replica):
        """Nobody waits for it."""
        return replica.rows(SLOW)
'''


def test_stopping_does_not_wait_for_what_is_being_asked(pytester, shop, monkeypatch) -> None:
    shop.execute("update orders set status = 'lost' where id in (7, 9)")
    monkeypatch.setattr("trueup.ahead.planned.WORTH", 0)  # each question is a batch of its own
    toml = pytester.path / "trueup.toml"
    toml.write_text(toml.read_text() + "statement_timeout = 60\n")
    pytester.makepyfile(**{"invariants/shop/test_slow": ENDLESS})
    started = monotonic()

    result = run(pytester, "-x")

    assert result.ret == 1
    assert monotonic() - started < 30
    assert len(written(pytester)["records"]) == 1


def test_a_broken_pair_ends_the_collection_in_one_line(pytester, shop) -> None:
    Path("fixes/shop/find.py").unlink()

    result = run(pytester)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*shop: there is no fix 'find'; write fixes/shop/find.py"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_instant_that_is_asked_for_is_the_runs(pytester, shop) -> None:
    run(pytester, "--as-of", "2026-11-02T13:00:00+01:00")

    assert written(pytester)["as_of"].startswith("2026-11-02T13:00:00+01:00")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_run_proves_that_all_stood_on_one_snapshot(pytester, shop, workers) -> None:
    run(pytester, *workers)

    seen = [record["snapshot"] for record in written(pytester)["records"]]
    [page] = pytester.path.glob("reports/*/index.html")

    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert f"one snapshot for all: {seen[0]}" in page.read_text()


TWICE = '''
    from trueup import invariant

    @invariant(severity="P0", over="orders", fix="find")
    def test_no_order_is_lost(replica):
        """Somebody else paid for nothing."""
        return replica.rows("select id from orders where id < 0")
'''


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_two_of_one_name_end_the_run(pytester, shop, workers) -> None:
    shop.execute("update orders set status = 'lost' where id = 7")
    pytester.makepyfile(**{"invariants/shop/test_others": TWICE})

    result = run(pytester, *workers)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    said = result.stdout.str() + result.stderr.str()
    assert "shop.no_order_is_lost is declared twice, in test_orders.py:" in said
    assert not list(pytester.path.glob("reports/*/run.json"))


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_one_whose_name_would_leave_it_out_is_refused(pytester, shop, workers) -> None:
    pytester.makepyfile(**{"invariants/shop/test_others": TWICE.replace("def test_", "def ")})

    result = run(pytester, *workers)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    said = result.stdout.str() + result.stderr.str()
    assert "no_order_is_lost is an invariant; name it test_no_order_is_lost" in said


def test_an_invariant_of_a_test_may_have_any_name(pytester, shop) -> None:
    ours = TWICE.replace("def test_", "def ") + "\n    def test_it():\n        pass\n"
    pytester.makepyfile(test_ours=ours)

    pytester.runpytest("test_ours.py").assert_outcomes(passed=1)


@pytest.mark.parametrize("how", [(), ("-n", "2"), ("--continue-on-collection-errors",)])
def test_one_that_is_declared_wrongly_says_how_and_no_run_lacks_it(pytester, shop, how) -> None:
    shop.execute("update orders set status = 'lost' where id in (7, 9)")
    pytester.makepyfile(**{"invariants/shop/test_others": TWICE.replace('"P0"', '"high"')})

    result = run(pytester, *how)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*shop/test_others.py cannot be imported: *has severity 'high'*"])
    result.stdout.fnmatch_lines(["*1 error during collection*", "*= 1 error in *"])
    assert not list(pytester.path.glob("reports/*/run.json"))


def test_a_test_elsewhere_needs_no_invariant(pytester, shop) -> None:
    pytester.makepyfile(test_ours="def test_it():\n    pass\n")

    assert run(pytester, "test_ours.py").ret == 0


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("shop/others.py", "*nobody looks at shop/others.py: invariants stand in shop/test_….py*"),
        ("empty/_others.py", "*empty has no invariants; write one in invariants/empty/*"),
    ],
)
def test_what_nobody_would_look_at_ends_the_run(pytester, shop, path, says) -> None:
    config = pytester.path / "trueup.toml"
    config.write_text(config.read_text() + config.read_text().replace("shop", "empty"))
    pytester.makepyfile(**{f"invariants/{path.removesuffix('.py')}": TWICE})

    result = run(pytester)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([says])
