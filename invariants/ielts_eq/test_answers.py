"""Answers: what somebody said is written down and judged."""

from datetime import timedelta

from trueup import invariant, naive_utc

UNHEARD = '(transcript is null or feedback is null) and "createdAt" < :deadline'


@invariant(
    severity="P1",
    over="Response",
    fix="analyse_answers",
    runbook="tests-that-are-not-analysed",
    show=["sessionId"],
)
def test_every_answer_was_analysed(replica, now):
    """
    Somebody spoke more than an hour ago, and nothing was made of it: OpenAI failed.

    Silence has an empty transcript; only one that is missing counts.
    """
    return replica.where(
        "Response",
        UNHEARD,
        columns=[
            "id",
            '"sessionId"',
            '"createdAt"',
            "transcript is null as lacks_transcript",
            "feedback is null as lacks_feedback",
        ],
        deadline=naive_utc(now - timedelta(hours=1)),
    )
