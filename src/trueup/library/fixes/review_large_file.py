"""
Ask the owner for a smaller file, and delete the large one through the Storage API.

Only a person knows whether it is somebody's only copy; deleting it in SQL is refused, and would
leave the file itself behind.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
decide about file {id} of {size} bytes in the bucket {bucket_id}

See whose it is, and where: select owner_id, name, metadata from storage.objects
where id = {id:literal};

If the application took it and reads it, the limit is too low: raise it where the application has
it, and in the invariant.

If not, ask the owner for a smaller one; then open Storage in the dashboard, the bucket {bucket_id},
and delete the file there. In SQL the deletion is refused.

See how it came past the bucket's limit: `trueup check --env production -k bucket`.

select count(*) from storage.objects where id = {id:literal};  -- 0
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One file each."""
    for file in violations:
        yield written(GUIDE, file)
