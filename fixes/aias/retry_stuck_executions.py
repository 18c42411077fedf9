"""
Put the executions that nobody took up back into the queue, as if they had been asked for now.

Nothing of them has run, so that nothing runs twice. One that was put back three times already, or
whose workflow or tenant has been switched off since, fails instead, with the reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from trueup import Update
from trueup.model.change import Change
from trueup.model.invariant import Row
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

TRIES = 3
"""How often an execution is put back; what is still stuck then has another reason."""

STUCK = """
    select execution.id, execution.metadata,
           coalesce(workflow.enabled and not workflow.deprecated, false) as is_enabled,
           coalesce(tenants.status, 'active') in ('active', 'trial') as is_served
    from workflow_executions as execution
    left join workflows as workflow on workflow.id = execution.workflow_id
    left join tenants on tenants.id = execution.tenant_id
    where execution.id = any(:ids)
    order by execution.id
"""


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """One execution each."""
    asked = primary.rows(STUCK, ids=[execution["id"] for execution in violations])
    known = {row["id"]: row for row in asked}
    for execution in violations:
        row = known[execution["id"]]
        reason = _reason(row)
        yield Update(
            "workflow_executions",
            key={"id": execution["id"]},
            expect={"status": execution["status"], "started_at": execution["started_at"]},
            set=_failed(reason, now) if reason else _again(row, now),
        )


def _reason(row: Row) -> str:
    """Why it is not tried again; empty where it is."""
    if not row["is_enabled"]:
        return "Its workflow is switched off or gone"
    if not row["is_served"]:
        return "Its tenant is not served"
    return f"It was put back {TRIES} times" if _retries(row) >= TRIES else ""


def _retries(row: Row) -> int:
    found = _metadata(row).get("retries", 0)
    return found if isinstance(found, int) else 0


def _metadata(row: Row) -> Mapping[str, object]:
    found = row["metadata"]
    return found if isinstance(found, Mapping) else {}


def _again(row: Row, now: datetime) -> dict[str, object]:
    return {"started_at": now, "metadata": {**_metadata(row), "retries": _retries(row) + 1}}


def _failed(reason: str, now: datetime) -> dict[str, object]:
    error = {"message": f"{reason}; failed by trueup"}
    return {"status": "failed", "completed_at": now, "error": error}
