"""Tests: whoever takes one gets a band, and one that nobody takes any longer is closed."""

from datetime import timedelta

from trueup import invariant, naive_utc

NO_BAND = "score is null or not (score between 0 and 9) or score * 2 <> floor(score * 2)"

HALF_COMPLETED = f"""status = 'COMPLETED' and ("completedAt" is null or {NO_BAND})"""


@invariant(
    severity="P2",
    over={"completed tests": "(select from \"TestSession\" where status = 'COMPLETED')"},
    fix="stamp_completed_tests",
    runbook="tests-that-are-not-analysed",
)
def test_every_completed_test_has_a_score(replica):
    """
    Somebody finished their test and sees no band, one that IELTS does not have, or no date.

    Bands go from 0 to 9 in halves. One that was completed and has no score failed in its analysis.
    """
    return replica.where(
        "TestSession",
        HALF_COMPLETED,
        columns=[
            "id",
            '"userId"',
            "date",
            '"completedAt"',
            "score",
            '"completedAt" is null as lacks_time',
            f"{NO_BAND} as lacks_score",
        ],
    )


LEFT_OPEN = """
    select id, "userId", date, status
    from "TestSession" as test
    where status in ('IN_PROGRESS', 'STARTED') and date < :deadline
      and not exists (
          select from "Response" as answer
          where answer."sessionId" = test.id and answer."createdAt" >= :deadline
      )
    order by id
"""


@invariant(
    severity="P2",
    over="TestSession",
    fix="close_abandoned_tests",
    runbook="tests-that-are-not-analysed",
    show=["status"],
)
def test_no_test_stays_in_progress_for_a_day(replica, now):
    """
    Nobody will finish it: the user is shown a test that waits for them, and it is counted as one.

    A test goes on for as long as answers come in.
    """
    return replica.rows(LEFT_OPEN, deadline=naive_utc(now - timedelta(days=1)))
