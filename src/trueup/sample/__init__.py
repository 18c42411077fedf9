"""An embedded PostgreSQL primary and its streaming standby, with systems to break and to mend."""

from datetime import UTC, datetime

from trueup.sample.cluster import Cluster
from trueup.sample.faults import Fault
from trueup.sample.hold import down, hold, reset, scratch, up

__all__ = ["CLOCK", "Cluster", "Fault", "down", "hold", "reset", "scratch", "up"]

CLOCK = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
"""
The sample's clock stands still at this instant.

So its data neither ages nor depends on the day on which it is loaded.
"""
