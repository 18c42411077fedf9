"""`trueup check` in two processes: one asks, one reports, and neither outlives the other."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from fix_database import Database
from patience import until
from trueup.errors import ConfigError
from trueup.suite.apart import apart
from trueup.suite.wire import Channel, Order, Refused

TRUEUP = str(Path(sys.executable).with_name("trueup"))

CHECK = [TRUEUP, "check", "shop", "--env", "staging"]

SLOW = '''

@invariant(severity="P1", over="orders", fix="find")
def test_a_slow_one(replica):
    """Nobody waits for it."""
    return replica.rows(
        "select max(a * b) as id"
        " from generate_series(1, 9999999) a, generate_series(1, 9999999) b having max(a * b) < 0"
    )
'''

ASLEEP = '''

@invariant(severity="P1", over="orders", fix="find")
def test_one_that_sleeps(replica):
    """Nobody waits for it."""
    import time

    for row in replica.rows("select id from orders"):
        time.sleep(600)
    return []
'''

BESIDE = """

def rows():
    return []


class TestBeside:
    def test_in_a_class(self):
        assert not rows()


def test_of_pytest():
    assert not rows()
"""

MORE = """
[systems.cafe]
title = "Café"

[systems.cafe.environments.staging]
replica = "SHOP_REPLICA_URL"
"""

WAITING = "select count(*) from pg_stat_activity where query like '%generate_series(1, 9999999)%'"

SESSIONS = "select count(*) from pg_stat_activity where application_name like 'trueup/%'"

IN_E = """

import os
from pathlib import Path

with Path("imported.txt").open("a") as said:
    said.write(f"{os.getpid()} ")
"""

REPORTS = """
import os
from pathlib import Path

Path("reports.txt").write_text(f"{os.getpid()} ")
"""


def module(folder: Path) -> Path:
    return folder / "invariants" / "shop" / "test_orders.py"


def check(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CHECK, *words], cwd=folder, env=os.environ, capture_output=True, text=True, check=False
    )


def newest(folder: Path) -> dict[str, str]:
    """What the run's records say, by name."""
    [run] = folder.glob("reports/*/run.json")
    records = json.loads(run.read_text())["records"]
    return {record["name"]: record["verdict"] for record in records}


@pytest.fixture
def count(shop: Database) -> Iterator[Callable[[str], int]]:
    """How many there are, for whoever watches the server."""
    with psycopg.connect(shop.url("postgres"), autocommit=True) as connection:

        def found(sql: str) -> int:
            row = connection.execute(sql.encode()).fetchone()
            return int(row[0]) if row else 0

        yield found


@contextmanager
def running(folder: Path, more: str) -> "Iterator[subprocess.Popen[str]]":
    """A check with one invariant more."""
    module(folder).write_text(module(folder).read_text() + more)
    with subprocess.Popen(
        CHECK,
        cwd=folder,
        env=os.environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as found:
        try:
            yield found
        finally:
            found.kill()


@pytest.fixture
def slow(
    pytester: pytest.Pytester, count: Callable[[str], int]
) -> "Iterator[subprocess.Popen[str]]":
    """A check that waits for an answer."""
    with running(pytester.path, SLOW) as found:
        until(lambda: count(WAITING) > 1)  # and this question itself
        yield found


def children(parent: int) -> list[int]:
    told = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(child) for child in told.split()]


def test_a_module_is_imported_by_the_process_that_asks_and_by_no_other(
    pytester: pytest.Pytester, shop: Database
) -> None:
    module(pytester.path).write_text(module(pytester.path).read_text() + IN_E)
    (pytester.path / "conftest.py").write_text(REPORTS)

    done = check(pytester.path)

    [asks] = (pytester.path / "imported.txt").read_text().split()
    [reports] = (pytester.path / "reports.txt").read_text().split()
    assert done.returncode == 0, done.stdout
    assert asks != reports


@pytest.mark.parametrize("words", [(), ("-n", "2")])
def test_a_system_without_invariants_is_said(
    pytester: pytest.Pytester, shop: Database, words: tuple[str, ...]
) -> None:
    with (pytester.path / "trueup.toml").open("a") as config:
        config.write(MORE)

    done = check(pytester.path, "cafe", *words)

    assert done.returncode == 2
    assert done.stderr == (
        "trueup: cafe has no invariants; write one in invariants/cafe/, in a file test_….py\n"
    )


def test_what_stands_beside_invariants_is_run_by_pytest(
    pytester: pytest.Pytester, shop: Database
) -> None:
    module(pytester.path).write_text(module(pytester.path).read_text() + BESIDE)

    done = check(pytester.path)

    assert done.returncode == 0, done.stdout
    assert "4 passed, 1 skipped" in done.stdout
    assert newest(pytester.path) == {
        "every_order_has_a_buyer": "holds",
        "no_credit_is_negative": "not applicable",
        "no_order_is_lost": "holds",
    }


def test_a_function_that_pytest_is_told_to_take_for_a_test_is_one(
    pytester: pytest.Pytester, shop: Database
) -> None:
    beside = "\n\ndef check_that():\n    assert False\n"
    module(pytester.path).write_text(module(pytester.path).read_text() + beside)
    assert check(pytester.path).returncode == 0

    (pytester.path / "pytest.ini").write_text("[pytest]\npython_functions = test check\n")
    done = check(pytester.path)

    assert done.returncode == 1
    assert "check_that" in done.stdout


def test_what_an_author_prints_reaches_nobody(pytester: pytest.Pytester, shop: Database) -> None:
    said = 'import os\n    os.write(1, b"jane@")\n    os.write(2, b"jane@")\n    print("jane@")\n'
    text = module(pytester.path).read_text()
    module(pytester.path).write_text(text.replace("return replica.rows(LOST)", said))

    done = check(pytester.path)

    assert "jane@" not in done.stdout + done.stderr


def test_half_a_surrogate_travels_as_an_escape(pytester: pytest.Pytester, shop: Database) -> None:
    text = module(pytester.path).read_text()
    module(pytester.path).write_text(text.replace('"""Nobody can', '"""\\ud83d Nobody can'))

    done = check(pytester.path)

    [run] = pytester.path.glob("reports/*/run.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\\\\ud83d Nobody can be asked" in run.read_text()


def test_ctrl_c_breaks_off_what_is_asked(
    slow: "subprocess.Popen[str]", pytester: pytest.Pytester, count: Callable[[str], int]
) -> None:
    slow.send_signal(signal.SIGINT)
    said, error = slow.communicate(timeout=60)

    assert slow.returncode in {2, 130}, said + error  # 130 where pytest had not begun
    assert not [*pytester.path.glob("reports/*")]
    until(lambda: count(WAITING) == 1)
    until(lambda: count(SESSIONS) == 0)


def test_what_was_reported_before_ctrl_c_is_written(
    pytester: pytest.Pytester, shop: Database
) -> None:
    with running(pytester.path, ASLEEP) as found:
        assert found.stdout
        until(lambda: found.stdout.read(1) == "s")  # the third has been reported
        found.send_signal(signal.SIGINT)
        said, error = found.communicate(timeout=60)

    assert found.returncode == 2, said + error
    assert newest(pytester.path) == {
        "every_order_has_a_buyer": "holds",
        "no_credit_is_negative": "not applicable",
        "no_order_is_lost": "holds",
    }


def test_what_asks_ends_with_what_reports(
    slow: "subprocess.Popen[str]", count: Callable[[str], int]
) -> None:
    [asks] = children(slow.pid)

    slow.kill()
    slow.wait(10)

    until(lambda: not _is_there(asks))
    until(lambda: count(WAITING) == 1)
    until(lambda: count(SESSIONS) == 0)


def _is_there(process: int) -> bool:
    """Whether it runs; one that has ended may wait for somebody to look."""
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_where_what_asks_is_killed_nothing_is_said_to_hold(
    slow: "subprocess.Popen[str]", pytester: pytest.Pytester
) -> None:
    [asks] = children(slow.pid)

    os.kill(asks, signal.SIGKILL)
    said, _ = slow.communicate(timeout=60)

    assert slow.returncode == 6
    assert "the process that asks was ended from outside; nothing was written" in said
    assert not [*pytester.path.glob("reports/*")]


# From Python 3.12 on it warns of a fork beside threads: the tests have some, a check has none then.
BESIDE_THREADS = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


@BESIDE_THREADS
def test_a_refusal_there_is_one_here() -> None:
    def refuse(channel: Channel[Order]) -> None:
        channel.say(Refused(str(ConfigError("no such thing")), ConfigError.exit_code))

    with apart(refuse) as channel:
        assert channel.hear() == Refused("no such thing", 2)
        assert channel.hear() is None


@BESIDE_THREADS
def test_what_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trueup.suite.apart.ENDS_WITHIN", 0.1)
    started = time.monotonic()

    with apart(lambda _: time.sleep(60)):
        pass

    assert time.monotonic() - started < 10


def test_a_bug_there_is_told_by_where_it_is(pytester: pytest.Pytester, shop: Database) -> None:
    module(pytester.path).with_name("metrics.py").write_text(
        "class Odd:\n"
        "    @property\n"
        "    def __class__(self):\n"
        '        raise OSError("jane@")\n\n\n'
        "odd = Odd()\n"
    )

    done = check(pytester.path)

    assert done.returncode == 3
    assert "trueup: OSError; its words are not shown" in done.stderr
    assert "metrics.py:4 in __class__" in done.stderr
    assert "jane@" not in done.stdout + done.stderr


def test_what_is_evaluated_once_more_has_the_same_record(
    pytester: pytest.Pytester, shop: Database
) -> None:
    (pytester.path / "conftest.py").write_text(
        "from _pytest.runner import runtestprotocol\n\n\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    runtestprotocol(item, log=False, nextitem=nextitem)\n"
    )

    done = check(pytester.path)

    assert done.returncode == 0, done.stdout
    assert "2 passed, 1 skipped" in done.stdout


def test_a_module_may_have_either_name_that_pytest_looks_for(
    pytester: pytest.Pytester, shop: Database
) -> None:
    text = module(pytester.path).read_text()
    renamed = text.replace("test_no_order_is_lost", "test_no_parcel_is_lost")
    module(pytester.path).with_name("parcels_test.py").write_text(
        "@invariant".join(renamed.split("@invariant")[:2])
    )

    done = check(pytester.path)

    assert done.returncode == 0, done.stdout
    assert newest(pytester.path)["no_parcel_is_lost"] == "holds"


def test_what_nobody_declared_fails_alone(pytester: pytest.Pytester, shop: Database) -> None:
    (pytester.path / "conftest.py").write_text(
        "from msgspec.structs import replace\n\n\n"
        "def pytest_collection_modifyitems(items):\n"
        "    items[0].invariant = replace(items[0].invariant, name='made_up')\n"
    )

    done = check(pytester.path)

    assert done.returncode == 1
    assert "shop.made_up is not declared in its module" in done.stdout
    assert "no_order_is_lost" not in newest(pytester.path)
    assert newest(pytester.path)["every_order_has_a_buyer"] == "holds"


def test_a_test_case_is_run_whatever_it_is_called(
    pytester: pytest.Pytester, shop: Database
) -> None:
    beside = "\n\nimport unittest\n\n\nclass Beside(unittest.TestCase):\n    def test_it(self):\n"
    module(pytester.path).write_text(
        f"{module(pytester.path).read_text()}{beside}        assert False\n"
    )

    done = check(pytester.path)

    assert done.returncode == 1
    assert "Beside" in done.stdout


def test_two_of_one_name_end_the_check(pytester: pytest.Pytester, shop: Database) -> None:
    again = pytester.path / "invariants" / "shop" / "test_others.py"
    again.write_text((pytester.path / "invariants" / "shop" / "test_orders.py").read_text())

    done = check(pytester.path)

    assert done.returncode == 2
    assert "shop.no_order_is_lost is declared twice, in test_orders.py:" in done.stdout
    assert not [*pytester.path.glob("reports/*")]


@pytest.mark.parametrize("words", [(), ("-k", "lost"), ("-n", "2")], ids=["all", "some", "workers"])
def test_a_system_without_invariants_is_not_checked(
    pytester: pytest.Pytester, shop: Database, words: tuple[str, ...]
) -> None:
    config = pytester.path / "trueup.toml"
    config.write_text(config.read_text() + config.read_text().replace("shop", "empty"))

    done = check(pytester.path, "empty", *words)

    assert done.returncode == 2, done.stdout
    assert "trueup: empty has no invariants; write one in invariants/empty/" in done.stderr
    assert not [*pytester.path.glob("reports/*")]


def test_one_whose_name_would_leave_it_out_ends_the_check(
    pytester: pytest.Pytester, shop: Database
) -> None:
    text = module(pytester.path).read_text()
    module(pytester.path).write_text(text.replace("def test_no_order_is_lost", "def no_order"))

    done = check(pytester.path)

    assert done.returncode == 2, done.stdout
    assert "no_order is an invariant; name it test_no_order" in done.stdout


@pytest.mark.parametrize("words", [(), ("-k", "test"), ("-n", "2")], ids=["all", "some", "workers"])
def test_a_system_with_tests_alone_is_not_checked(
    pytester: pytest.Pytester, shop: Database, words: tuple[str, ...]
) -> None:
    module(pytester.path).write_text("def test_it(): pass\n")

    done = check(pytester.path, *words)

    assert done.returncode in (1, 2), done.stdout
    assert "trueup: shop/test_orders.py has no invariant; write one, or move" in done.stdout
    assert not [*pytester.path.glob("reports/*")]


@pytest.mark.parametrize("words", [(), ("-k", "lost"), ("-n", "2")], ids=["all", "some", "workers"])
def test_metrics_that_cannot_be_imported_end_the_check(
    pytester: pytest.Pytester, shop: Database, words: tuple[str, ...]
) -> None:
    module(pytester.path).with_name("metrics.py").write_text("raise SystemExit('jane@')")

    done = check(pytester.path, *words)

    assert done.returncode == 2
    assert done.stderr == (
        "trueup: shop/metrics.py cannot be imported: SystemExit in line 1; its words are not shown,"
        " since they may hold a secret\n"
    )
    assert not [*pytester.path.glob("reports/*")]


@pytest.mark.parametrize("words", [(), ("-k", "lost"), ("-n", "2")], ids=["all", "some", "workers"])
@pytest.mark.parametrize("name", ["TestOrders", "Orders"])
def test_one_in_a_class_ends_the_check(
    pytester: pytest.Pytester, shop: Database, name: str, words: tuple[str, ...]
) -> None:
    text = module(pytester.path).read_text()
    first, middle, last = text.rpartition("\n@invariant")
    inside = (middle + last).replace("\n", "\n    ")
    module(pytester.path).write_text(f"{first}\n\nclass {name}:\n{inside}\n")

    done = check(pytester.path, *words)

    assert done.returncode == 2, done.stdout
    assert f"test_no_credit_is_negative is an invariant in the class {name}" in done.stdout


@pytest.mark.parametrize("option", ["--html", "--junitxml"])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_asked(
    pytester: pytest.Pytester, shop: Database, option: str
) -> None:
    (pytester.path / "file").touch()

    done = check(pytester.path, option, "file/page")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"trueup: 'file/page' cannot be written; see '{pytester.path}/file', or name another file\n"
    )


@pytest.mark.parametrize("option", ["--html", "--junitxml"])
def test_a_full_disk_takes_no_run_away(
    pytester: pytest.Pytester, shop: Database, option: str
) -> None:
    done = check(pytester.path, option, "/dev/full")

    assert done.returncode == 2
    assert done.stderr == (
        "trueup: the run is in 'reports', but its other form could not be written: No space left on"
        " device; see that --html and --junitxml lead where there is room\n"
    )
    assert newest(pytester.path)["no_order_is_lost"] == "holds"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-k", "and and"), "Wrong expression passed to '-k'"),
        (("-k", "and and", "-n", "2"), "Wrong expression passed to '-k'"),
        (("-n", "-1"), "greater than or equal to 0"),
    ],
)
def test_words_that_mean_nothing_are_refused(
    pytester: pytest.Pytester, shop: Database, words: tuple[str, ...], says: str
) -> None:
    done = check(pytester.path, *words)

    assert done.returncode == 2
    assert says in done.stderr
