"""
Limit the files of a bucket to what the settings allow.

Files that are larger already stay; no new one comes.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change, Update
from trueup.model.violation import Violation

AT_MOST = 50

GUIDE = """
say how large a file of the bucket {bucket} may be

It has no limit of its own, and the settings give it none.

See what is in it: select max((metadata ->> 'size')::bigint) from storage.objects
where bucket_id = {bucket:literal};

Write the limit into trueup.toml, under buckets.{bucket} in the system's settings, as limit = BYTES,
and plan `limit_bucket` again.

select file_size_limit from storage.buckets where id = {bucket:literal};
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One bucket each; of one that the settings do not know, what a person has to say."""
    for bucket in violations:
        if bucket["allowed"] is None:
            yield written(GUIDE, bucket)
            continue
        yield Update(
            "storage.buckets",
            key={"id": bucket["bucket"]},
            expect={"file_size_limit": bucket["file_size_limit"]},
            set={"file_size_limit": bucket["allowed"]},
        )
