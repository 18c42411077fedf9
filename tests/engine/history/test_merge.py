from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from engine.history.runs import at, broken, sound
from engine.report.morning import METRICS
from engine.report.runs import NOW, record, run
from trueup.errors import RunError
from trueup.history.merge import LATE, merge, missing
from trueup.model.cost import CostRecord, SlowRecord, added
from trueup.model.run import Run, SystemRecord
from trueup.model.verdict import Verdict


def shard(system: str, minute: int) -> Run:
    """The run of one system, as a job of a matrix makes it."""
    instant = NOW + timedelta(minutes=minute)
    return run(
        [record("a_thing_is_so", system=system), record("b_is_so", Verdict.UNKNOWN, system=system)],
        id=f"2026-{minute}",
        systems=(SystemRecord(name=system, title=system.title()),),
        started=instant,
        finished=instant + timedelta(minutes=5),
        as_of=instant,
        metrics=(replace(METRICS[0], system=system),),
        selection="",
    )


def test_a_merged_run_has_all_that_its_parts_have() -> None:
    parts = [shard("b", 3), shard("a", 1), shard("c", 2)]

    found = merge(parts)

    assert [system.name for system in found.systems] == ["a", "b", "c"]
    assert [one.id for one in found.records] == [
        f"{system}.{name}" for system in "abc" for name in ("a_thing_is_so", "b_is_so")
    ]
    assert len(found.metrics) == 3
    assert found.workers == 3


def test_it_claims_to_be_no_newer_than_its_oldest_part() -> None:
    found = merge([shard("b", 3), shard("a", 1)])

    assert (found.as_of, found.started) == (NOW + timedelta(minutes=1),) * 2
    assert found.finished == NOW + timedelta(minutes=8)
    assert found.clock == "the earliest of 2 runs that were merged"


def test_the_same_parts_make_the_same_id_in_whatever_order() -> None:
    one, two = shard("a", 1), shard("b", 2)

    assert merge([one, two]).id == merge([two, one]).id
    assert merge([one, two]).id != merge([one, shard("b", 3)]).id


def test_of_what_two_judged_the_later_counts() -> None:
    found = merge([at(2, sound()), at(1, broken(1))])

    assert [one.verdict for one in found.records] == [Verdict.HOLDS]


def test_one_part_is_the_run_itself() -> None:
    assert merge([shard("a", 1)]) == shard("a", 1)


def test_what_cannot_be_merged_is_refused() -> None:
    with pytest.raises(RunError, match="no run to merge"):
        merge([])
    with pytest.raises(RunError, match="production and staging"):
        merge([shard("a", 1), replace(shard("b", 2), environment="staging")])


def test_a_system_whose_run_did_not_arrive_is_unknown() -> None:
    lost = SystemRecord(name="b", title="B")
    owed = [record("x_is_so", system="b"), record("y_is_so", system="other")]

    found = missing(shard("a", 1), [lost], owed)

    (late,) = [one for one in found.records if one.system == "b"]
    assert (late.verdict, late.reason, late.judged) == (Verdict.UNKNOWN, LATE, {})
    assert found.systems[-1].reason == LATE
    assert found.verdict is Verdict.UNKNOWN


def costing(seconds: float, **more: Any) -> CostRecord:
    slow = SlowRecord(invariants=(f"a.took_{seconds}",), seconds=seconds)
    return CostRecord(connections=2, rows=10, seconds=seconds, slowest=(slow,) * 3, **more)


def with_cost(run: Run, cost: CostRecord | None) -> Run:
    return replace(run, systems=tuple(replace(one, cost=cost) for one in run.systems))


def test_what_the_parts_cost_a_system_is_added() -> None:
    """Each was asked, whichever of them is kept."""
    one, two = costing(1.5, longest_snapshot=3.0), costing(0.7, longest_snapshot=9.0)

    found = merge([with_cost(shard("a", 1), one), with_cost(shard("a", 2), two), shard("b", 3)])

    cost = found.systems[0].cost
    assert cost is not None
    assert (cost.connections, cost.rows, cost.seconds, cost.longest_snapshot) == (4, 20, 2.2, 9.0)
    assert [slow.seconds for slow in cost.slowest] == [1.5, 1.5, 1.5, 0.7, 0.7]
    assert not cost.at_least
    assert found.systems[1].cost is None


def test_where_one_part_is_of_an_earlier_trueup_it_cost_at_least_as_much() -> None:
    found = added([None, costing(1.0)])

    assert found is not None
    assert (found.rows, found.at_least) == (10, True)
    assert added([None, None]) is None


def test_a_part_that_was_stopped_stops_the_whole() -> None:
    found = merge([shard("b", 3), replace(shard("a", 1), stopped=True)])

    assert found.stopped
    assert "stopped early" in found.narrowed
