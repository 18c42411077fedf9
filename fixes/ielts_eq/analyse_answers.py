"""
Have an answer written down and judged that was not, or tell the user that it never will be.

Only the application knows how to ask OpenAI, and what to ask.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 500
STEPS = True

GUIDE = """
have answer {id} of test {sessionId} analysed: it lacks {lacks}

See why it was not. Where many are from one hour, OpenAI failed: see that the key works (trueup
check ielts_eq --env production -k ai_key), that the account has credit, and what limit was reached.

Where it is one, see that its recording is there and can be played: select "audioUrl"
from "Response" where id = {id:literal};

Let the application analyse it again. What it writes is its own; nothing here makes up what somebody
said.

If there is nothing to hear, tell the user and let them take that part again; then: delete from
"Response" where id = {id:literal};

select transcript is not null, feedback is not null from "Response"
where id = {id:literal};  -- t, t
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One answer each."""
    for answer in violations:
        lacks = [what for what in ("transcript", "feedback") if answer[f"lacks_{what}"]]
        yield written(GUIDE, {**answer, "lacks": " and ".join(lacks)})
