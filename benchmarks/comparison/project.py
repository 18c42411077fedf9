"""A project of Trueup that is written for a benchmark."""

from collections.abc import Sequence
from pathlib import Path

from comparison.definition import Check, question
from trueup import config
from trueup.errors import ConfigError
from trueup.replica.reader import Reader

URL = "BENCH_REPLICA_URL"
SYSTEM = "bench"

CONFIG = """
[systems.bench]
title = "Benchmark"

[systems.bench.environments.bench]
replica = "BENCH_REPLICA_URL"
statement_timeout = 300
"""
PYTEST = """
[pytest]
addopts = -p no:hypothesispytest
"""
"""A plugin that only our tests need, and that takes a tenth of a second at the end of any run."""

FIX = '''"""Does nothing; the benchmark only reads."""

AT_MOST = 1


def plan(violations):
    return iter(())
'''
HEAD = '''"""Written by a benchmark."""

from datetime import datetime

from trueup import invariant
from trueup.library import belongs
'''
ASKED = '''

@invariant(severity="P2", over={over!r}, fix="nothing")
def test_{name}(replica):
    """Somebody waits for ever."""
    return replica.{call}
'''
BELONGS = """

test_{name} = belongs({child!r}, {parent!r}, fix="nothing")
"""


def write(folder: Path, checks: Sequence[Check], connections: int | None = None) -> bool:
    """Write it; whether trueup.toml takes `connections`, without which it is left out."""
    invariants, fixes = folder / "invariants" / SYSTEM, folder / "fixes" / SYSTEM
    invariants.mkdir(parents=True)
    fixes.mkdir(parents=True)
    (invariants / "test_bench.py").write_text(HEAD + "".join(map(_source, checks)))
    (fixes / "nothing.py").write_text(FIX)
    (folder / "pytest.ini").write_text(PYTEST)
    taken = connections is None or _takes(folder, connections)
    if connections is None or not taken:
        (folder / config.FILE).write_text(CONFIG)
    return taken


def _takes(folder: Path, connections: int) -> bool:
    (folder / config.FILE).write_text(f"{CONFIG}connections = {connections}\n")
    try:
        config.read(folder / config.FILE)
    except ConfigError:
        return False
    return True


def _source(check: Check) -> str:
    """One invariant, as its author would write it."""
    if check.kind == "reference":
        child = f"{check.table}.{check.condition}"
        return BELONGS.format(name=check.name, child=child, parent=check.parent)
    return ASKED.format(name=check.name, over=check.table, call=_call(check))


def _call(check: Check) -> str:
    """The one place that knows whether a row rule can be said as one."""
    given = "".join(
        f", {name}=datetime.fromisoformat({instant!r})" for name, instant in check.params.items()
    )
    if check.kind == "rule" and hasattr(Reader, "where"):
        columns = list(check.columns)
        return f"where({check.table!r}, {check.condition!r}, columns={columns}{given})"
    ordered = f" order by {check.columns[0]}" if check.kind == "rule" else ""
    return f"rows({question(check, bound=True) + ordered!r}{given})"
