"""What each worker is given: all of it, once, in pieces that lie together."""

import pytest

from trueup.suite.shares import number, of_worker, share


@pytest.mark.parametrize(("many", "workers"), [(0, 2), (1, 3), (7, 2), (10, 4), (1000, 7)])
def test_shares_are_everything_once_and_alike(many: int, workers: int) -> None:
    shares = [share(many, workers, place) for place in range(workers)]

    assert [item for one in shares for item in one] == list(range(many))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize(("worker", "found"), [("gw0", [0, 1]), ("gw1", [2, 3, 4]), ("gw2", [])])
def test_a_worker_knows_its_share_and_a_later_one_has_none(worker: str, found: list[int]) -> None:
    assert list(of_worker({"workerid": worker, "workercount": 2}, 5)) == found


def test_a_worker_that_somebody_named_has_none() -> None:
    assert sorted(["far", "gw1", "gw0"], key=number) == ["gw0", "gw1", "far"]
    assert list(of_worker({"workerid": "far", "workercount": 1}, 5)) == []
