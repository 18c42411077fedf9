"""
Delete the files of Supabase's storage whose owner is gone, through its API.

SQL would take the file's row away and leave the file. What the API deletes takes its row with it;
of a row that names no bucket, or no file, it knows nothing, and a person has to look.
"""

from collections.abc import Collection, Iterable, Iterator
from urllib.parse import quote

from trueup.library.steps import written
from trueup.model.change import Call, Change
from trueup.model.violation import Violation

AT_MOST = 500

UNDO = "a file that the storage has deleted is kept nowhere"

SERVICE = "supabase_storage"

GUIDE = """
delete the file {id} of the bucket {bucket}: it {trouble}

Find its name: select name from storage.objects where id = {id:literal};

In Supabase: Storage, the bucket {bucket}. Delete the file there; SQL would leave it behind.

select count(*) from storage.objects where id = {id:literal};  -- 0
"""

NO_FILE = """
see what the row {id} of storage.objects is: it {trouble}, and lacks its bucket or its file's name

The storage writes no such row, and has no file for it; somebody inserted it. See what else it says:
select bucket_id, name, metadata, created_at from storage.objects where id = {id:literal};

If nobody needs it, delete it, in one transaction with:
set local storage.allow_delete_query = 'true';

select count(*) from storage.objects where id = {id:literal};  -- 0
"""


def plan(violations: Iterable[Violation], services: Collection[str]) -> Iterator[Change]:
    """One file each, so that one which found an owner meanwhile is left alone."""
    for file in violations:
        if file["bucket"] is None or file["path"] is None:
            yield written(NO_FILE, file)
        elif SERVICE in services:
            path = f"/storage/v1/object/{quote(str(file['bucket']), safe='')}"
            yield Call(SERVICE, "DELETE", path, {"prefixes": [str(file["path"])]})
        else:
            yield written(GUIDE, file)
