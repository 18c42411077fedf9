"""
Find out why candidates give up, before more of them do.

It may be the model, the microphone, the questions or the price; only a person can tell.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 5
STEPS = True

LOOK = """
find out why only {completed} of {ended} interviews came to their end

See when it began: select created_at::date as day, mode, status, count(*) from sessions
where created_at > now() - interval '14 days' group by 1, 2, 3 order by 1, 2, 3;

If it is one mode, it is what that mode needs: voice is the browser's microphone, the bucket audio
and the text to speech; text is the model alone.

See where they stop: select turn_index, count(*) from sessions where status = 'feedback'
and created_at > now() - interval '7 days' group by 1 order by 1;

At the first question: what comes before it (research, intro) takes too long. Anywhere: time-outs
and 429 of the model; see the page on answers that time out.

If a deployment came just before it began, roll it back: vercel rollback.

trueup check interviewlab --env production -k interviews_are_completed
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """The way to find out."""
    for week in violations:
        yield written(LOOK, week)
