"""
End the interviews in which nobody has answered for two hours, so that what was answered counts.

They go on to the feedback, as any interview that ends early does. One without a single answer is
made ready to begin again: nothing of it was used but the start.
"""

from collections.abc import Iterator, Sequence

from trueup import Update
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

ANSWERED = """
    select distinct session_id
    from turns
    where session_id = any(:ids) and (answer_text is not null or answer_audio_key is not null)
"""


def plan(violations: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """One session each; its trigger dates the change."""
    ids = [session["id"] for session in violations]
    answered = {row["session_id"] for row in primary.rows(ANSWERED, ids=ids)}
    for session in violations:
        yield Update(
            "sessions",
            key={"id": session["id"]},
            expect={name: session[name] for name in ("status", "last_activity")},
            set={"status": "feedback" if session["id"] in answered else "ready"},
        )
