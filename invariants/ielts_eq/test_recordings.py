"""Recordings: what is in the bucket is somebody's, and what somebody said is in the bucket."""

from datetime import timedelta
from urllib.parse import unquote, urlsplit

from trueup import invariant, naive_utc
from trueup.library import every_stored_object_belongs_to_a_user

RUNBOOK = "recordings"

test_every_stored_recording_belongs_to_a_user = every_stored_object_belongs_to_a_user(
    "recordings",
    'select id from "User"',
    harm="The voice of somebody who had themselves deleted is still here: deleting a user deletes"
    " rows, and no row takes a file along.",
    runbook=RUNBOOK,
)

ANSWERS = """
    select id, "sessionId", "audioUrl", "createdAt"
    from "Response"
    where "createdAt" <= :deadline
    order by id
"""


@invariant(
    severity="P1",
    over={"Response": "Response", "recordings": "storage.recordings/user-"},
    fix="recover_recording",
    runbook=RUNBOOK,
    show=["sessionId"],
)
def test_every_answer_has_its_recording(replica, storage, now):
    """
    The upload failed after the answer was saved: there is nothing to analyse, nor to listen to.

    An upload may take a quarter of an hour. A URL names its object by its path, which begins with
    the bucket where the host does not.
    """
    stored = {one["key"] for one in storage.objects("recordings", "user-")}
    bucket = storage.bucket("recordings")
    for answer in replica.rows(ANSWERS, deadline=naive_utc(now - timedelta(minutes=15))):
        path = unquote(urlsplit(answer["audioUrl"]).path).removeprefix("/")
        if path.removeprefix(f"{bucket}/") not in stored:
            yield {
                "id": answer["id"],
                "sessionId": answer["sessionId"],
                "createdAt": answer["createdAt"],
            }
