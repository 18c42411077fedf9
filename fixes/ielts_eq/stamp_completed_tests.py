"""
Give completed tests without a time of completion that of their last answer.

A band is never made up: a test without one, or with one that IELTS does not have, is analysed again
by whoever runs the application.
"""

from collections.abc import Iterator, Sequence

from trueup import Update
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

LAST_ANSWERS = """
    select test.id, greatest(test.date, max(answer."createdAt")) as completed
    from "TestSession" as test
    left join "Response" as answer on answer."sessionId" = test.id
    where test.id = any(:tests)
    group by test.id
    order by test.id
"""

WITHOUT_BAND = """
give test {id} of user {userId} its band: it has {score}

See that its answers were analysed: select id, score, transcript is null, feedback is null
from "Response" where "sessionId" = {id:literal};

If they were, let the application work out the band of the whole test again. If they were not, begin
there: plan `ielts_eq.analyse_answers`.

If it cannot be analysed any more, tell the user, and take it out of what counts: update
"TestSession" set status = 'ABANDONED' where id = {id:literal};

select status, score, "completedAt" from "TestSession" where id = {id:literal};  -- 0 to 9 in halves
"""


def plan(violations: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """The time where only that is missing; a band is for a person."""
    asked = primary.rows(LAST_ANSWERS, tests=[test["id"] for test in violations])
    completed = {row["id"]: row["completed"] for row in asked}
    for test in violations:
        if test["lacks_score"]:
            score = "none" if test["score"] is None else test["score"]
            yield written(WITHOUT_BAND, {**test, "score": score})
        else:
            yield Update(
                "TestSession",
                key={"id": test["id"]},
                expect={"completedAt": None, "score": test["score"]},
                set={"completedAt": completed[test["id"]]},
            )
