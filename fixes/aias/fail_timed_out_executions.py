"""
Fail the executions that run for longer than the platform lets any.

They are not run again: what such a one had done when it was cut off is not known, and may have been
sent, booked or paid. The tenant decides; `retry_execution` does it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from trueup import Update
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 500

REASON = "Timed out; failed by trueup"


def plan(violations: Sequence[Violation], now: datetime) -> Iterator[Change]:
    """One execution each, in the words of its shape."""
    for execution in violations:
        started = "started_at" if "started_at" in execution else "start_time"
        ended: dict[str, object] = (
            {"completed_at": now, "error": {"message": REASON}}
            if started == "started_at"
            else {"end_time": now, "error_message": REASON}
        )
        yield Update(
            "workflow_executions",
            key={"id": execution["id"]},
            expect={"status": execution["status"], started: execution[started]},
            set={"status": "failed", **ended},
        )
