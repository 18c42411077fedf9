"""
Delete the objects of a bucket of S3 whose owner is gone.

Where the bucket keeps versions, an older one stays until its own rules remove it.
"""

from collections.abc import Collection, Iterable, Iterator
from urllib.parse import quote

from trueup.library.steps import written
from trueup.model.change import Call, Change
from trueup.model.violation import Violation

AT_MOST = 500

UNDO = "an object that S3 has deleted is kept nowhere, unless the bucket keeps versions"

SERVICE = "s3"

GUIDE = """
delete an object of {owner} in the bucket {bucket}: it {trouble}

List what is there: aws s3 ls s3://{bucket}/ --recursive

Delete the objects of that owner one by one, and nothing that you cannot explain: aws s3 rm, with
the whole key.

trueup check --env production -k belongs_to_a_user
"""


def plan(violations: Iterable[Violation], services: Collection[str]) -> Iterator[Change]:
    """One object each."""
    for found in violations:
        if SERVICE in services:
            yield Call(SERVICE, "DELETE", f"/{found['bucket']}/{quote(str(found['path']))}")
        else:
            yield written(GUIDE, found)
