"""Locks between processes."""

import os

import pytest

from trueup.errors import SampleError
from trueup.sample import locks
from trueup.sample.locks import EXCLUSIVE, SHARED


def test_many_share_a_lock_and_one_has_it_alone(tmp_path):
    path = tmp_path / "lock"

    with locks.held(path, SHARED, timeout=0), locks.held(path, SHARED, timeout=0):
        assert locks.acquire(path, EXCLUSIVE, timeout=0) is None
    with locks.held(path, EXCLUSIVE, timeout=0):
        assert locks.acquire(path, SHARED, timeout=0) is None
    assert locks.is_free(path)


def test_a_lock_that_cannot_be_had_in_time_is_an_error(tmp_path):
    path = tmp_path / "lock"

    with (
        locks.held(path, EXCLUSIVE, timeout=0),
        pytest.raises(SampleError, match="in use by another process for more than 0 s"),
        locks.held(path, SHARED, timeout=0),
    ):
        pytest.fail("two have it")


def test_a_lock_that_a_child_inherited_is_taken_until_the_child_has_closed_it(tmp_path):
    path = tmp_path / "lock"
    ours = locks.acquire(path, EXCLUSIVE, timeout=0)
    assert ours is not None
    inherited = os.dup(ours)

    os.close(ours)
    assert not locks.is_free(path)

    os.close(inherited)
    assert locks.is_free(path)
