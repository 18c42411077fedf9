"""What the sample shows to the rest of the house."""

from datetime import timedelta

from trueup import sample


def test_public_names_are_sorted_and_there():
    assert sample.__all__ == sorted(sample.__all__)
    assert all(hasattr(sample, name) for name in sample.__all__)


def test_the_clock_stands_still_in_utc():
    assert sample.CLOCK.isoformat() == "2026-11-02T12:00:00+00:00"
    assert sample.CLOCK.utcoffset() == timedelta(0)
