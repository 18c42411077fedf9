"""A project of Trueup that is written for a benchmark."""

from collections.abc import Sequence
from pathlib import Path

from comparison.definition import Check, question
from trueup.config import FILE

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


def write(folder: Path, checks: Sequence[Check], connections: int) -> None:
    """Write it, with an invariant for each check and a fix that does nothing."""
    invariants, fixes = folder / "invariants" / SYSTEM, folder / "fixes" / SYSTEM
    invariants.mkdir(parents=True)
    fixes.mkdir(parents=True)
    (invariants / "test_bench.py").write_text(HEAD + "".join(map(_source, checks)))
    (fixes / "nothing.py").write_text(FIX)
    (folder / "pytest.ini").write_text(PYTEST)
    (folder / FILE).write_text(f"{CONFIG}connections = {connections}\n")


def _source(check: Check) -> str:
    """One invariant, as its author would write it."""
    if check.kind == "reference":
        child = f"{check.table}.{check.condition}"
        return BELONGS.format(name=check.name, child=child, parent=check.parent)
    return ASKED.format(name=check.name, over=check.table, call=_call(check))


def _call(check: Check) -> str:
    given = "".join(
        f", {name}=datetime.fromisoformat({instant!r})" for name, instant in check.params.items()
    )
    if check.kind in {"rule", "joined"}:
        columns = list(check.columns)
        given += f", parent={(check.by, check.parent)}" if check.by else ""
        return f"where({check.table!r}, {check.condition!r}, columns={columns}{given})"
    return f"rows({question(check, bound=True)!r}{given})"
