"""
Find out whose turn it is, and give it back.

The turn's user reads it, the session's user does not: until somebody has looked, nobody knows which
of the two wrote it.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

REVIEW = """
find out whose turn {id} is

It is in session {session_id} of user {session_user_id}, and names user {user_id}.

The recording lies below whoever made it: select split_part(answer_audio_key, '/', 1) as owner,
created_at from turns where id = {id:literal}; so does owner_id of its file in storage.objects.

If it is the session's user's, name them: update turns
set user_id = {session_user_id:literal} where id = {id:literal};

If it is the other's, it has to leave the session: move it to theirs of that time, or delete it and
its recording (through the Storage API), and tell security: somebody wrote into another's interview.

select turns.user_id = sessions.user_id as agree from turns join sessions
on sessions.id = turns.session_id where turns.id = {id:literal};
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One turn each."""
    for turn in violations:
        yield written(REVIEW, turn)
