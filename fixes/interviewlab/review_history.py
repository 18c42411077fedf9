"""
Find out what is missing between two rows of an entitlement's history.

A row that is missing, a balance that two requests read at once, and a hand in the history look the
same from here; only the first may be written after all.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

REVIEW = """
find out what is missing before row {id} of the history of entitlement {entitlement_id}

The row ({action}) says that {previous} were left before it, and the one before that left {left}.

Read them in their order: select id, action, interview_session_id, previous_balance, new_balance,
metadata, created_at from entitlement_history where entitlement_id = {entitlement_id:literal}
order by created_at, new_balance desc, id;

If two rows begin at the same balance, two sessions were begun at once and one was free: let both
rows stand, and count from here: update entitlement_history set previous_balance = {left}
where id = {id:literal};

If a session has no row (select id, created_at from sessions
where entitlement_id = {entitlement_id:literal} order by created_at), write it between the two, with
its time and both balances.

If a grant is missing, whoever granted it says so: write it, with who and why in its metadata.

The balance itself is for every_balance_equals_its_last_history_row.

select previous_balance from entitlement_history where id = {id:literal};  -- {left}
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """The same few questions for each row."""
    for row in violations:
        said = {
            "previous": "nobody knows how many"
            if row["previous_balance"] is None
            else row["previous_balance"],
            "left": row["left_before"] or 0,
        }
        yield written(REVIEW, {**row, **said})
