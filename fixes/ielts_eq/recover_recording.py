"""
Find an answer's recording again, or let the user speak once more.

Where the bucket keeps versions, one that was deleted by mistake can be brought back.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 500
STEPS = True

GUIDE = """
find the recording of answer {id}, in test {sessionId} of {createdAt}

See where it should be: select "audioUrl" from "Response" where id = {id:literal};

If it is empty, or of another bucket, the application was configured otherwise then: look there.

If the bucket keeps versions, see whether it was deleted: aws s3api list-object-versions
--bucket … --prefix …, and delete its delete marker to bring it back.

Where many are from one hour, uploads failed: see the application's log of then, its AWS key (aws
sts get-caller-identity with it), whether the key may put objects, and the bucket's CORS rules.

If it is lost, tell the user and let them take that part again; then: delete from "Response"
where id = {id:literal};

trueup check ielts_eq --env production -k has_its_recording
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One answer each."""
    for answer in violations:
        yield written(GUIDE, answer)
