"""
Make the report of an interview that is complete, again or for the first time.

Only the application can make one: it asks the model, and that costs money.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

REVIEW = """
make the report of session {id}

It has been complete since {last_activity} UTC, and {trouble}.

See what there is: select id, pdf_key, feedback is not null as has_feedback, created_at
from reports where session_id = {id:literal};

If the file is gone and the feedback is there, let the page make the file anew: update reports
set pdf_key = null where session_id = {id:literal};

If there is no feedback, send the session back for it: update sessions set status = 'feedback'
where id = {id:literal}; and let the user open it. An empty report goes first: delete from reports
where session_id = {id:literal} and feedback is null;

If many are missing since one hour, look at the model's API (status.openai.com) and at the logs of
that hour before you send any back.

select status, exists (select from reports where session_id = sessions.id) from sessions
where id = {id:literal};
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One session each."""
    for session in violations:
        yield written(REVIEW, session)
