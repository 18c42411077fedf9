"""
Run an execution that failed once more, in its own row, for whoever asks for it.

What it did before it failed is done again: only whoever knows the workflow can say whether it may
be. What it said of its failure is kept in its metadata. Where executions have no state in which
they wait, it cannot be asked for here; the tenant starts it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypedDict

from trueup import Update
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 50

ASKED_FOR = """
    select id, status, error, completed_at, metadata
    from workflow_executions
    where id::text = :id
"""


class Row(TypedDict):
    """Which execution runs again."""

    execution_id: str


def plan(rows: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """One execution each, and only those that failed or were cancelled."""
    if not primary.has_column("workflow_executions.started_at"):
        raise PlanError("executions of this shape never wait; the tenant starts it again")
    for row in rows:
        found = next(iter(primary.rows(ASKED_FOR, id=row["execution_id"])), None)
        if found is None:
            raise PlanError(f"there is no execution {row['execution_id']}")
        if found["status"] not in ("failed", "cancelled"):
            raise PlanError(f"execution {found['id']} is {found['status']}; only one that failed")
        before = found["metadata"] if isinstance(found["metadata"], Mapping) else {}
        yield Update(
            "workflow_executions",
            key={"id": found["id"]},
            expect={"status": found["status"], "completed_at": found["completed_at"]},
            set={
                "status": "pending",
                "started_at": now,
                "completed_at": None,
                "error": None,
                "metadata": {**before, "failed_with": found["error"]},
            },
        )
