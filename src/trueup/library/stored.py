"""What is stored outside of tables, and whose it is: files of Supabase's storage, objects of S3."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Unpack

from trueup.errors import CatalogError
from trueup.library.declare import Options, declared
from trueup.model.invariant import STORAGE, Invariant, Row
from trueup.replica.names import column, identifier
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.storage.reader import Storage

SERVICE = "supabase_storage"

GRACE = timedelta(minutes=15)
"""How young an object may be and not be judged: its owner may not be on the replica yet."""

_OWNERLESS = """
    select file.id, file.bucket_id as bucket, file.name as path,
           case when {owner} is null then 'has no owner' else 'has an owner who is gone' end
               as trouble
    from storage.objects as file
    where (file.bucket_id = any(:shared)) is not true
      and (file.name like '%.emptyFolderPlaceholder') is not true
      and not exists (
          select from {users} as parent where parent.{id}::text = lower({owner})
      )
    order by file.id
"""
"""
Supabase keeps the owner as text, so a malformed id is nobody's, and no foreign key guards it.

The dashboard makes a placeholder for each folder that is empty; it is nobody's, and no file.
"""

OLDER = "storage.objects.owner"
"""The column that owner_id is to replace, with ids that nobody has copied."""


def every_stored_file_belongs_to_a_user(
    users: str = "auth.users.id", **said: Unpack[Options]
) -> Invariant:
    """
    Every file of Supabase's storage has an owner who is there.

    The settings list as `storage.shared` the buckets whose files belong to nobody. `users` is the
    column of their ids.
    """
    known = column(users)
    names = {"users": identifier(known.table), "id": identifier(known.name)}

    def ask(replica: Reader, settings: Mapping[str, Any]) -> Iterable[Row]:
        older = ", file.owner::text" if replica.has_column(OLDER) else ""
        ownerless = _OWNERLESS.format(owner=f"coalesce(file.owner_id{older})", **names)
        return replica.rows(ownerless, shared=settings.get("storage", {}).get("shared", []))

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "delete_orphaned_files",
            "harm": "A deleted person's files are still here, for whoever has their link.",
            "needs": ["storage.objects.owner_id"],
        },
        said,
        over={"files": "(select from storage.objects)"},
        show=["bucket", "trouble"],
        settled_by=SERVICE,
    )


def every_stored_object_belongs_to_a_user(
    storage: str,
    owners: str,
    *,
    prefix: str = "user-",
    named: str = r"user-([^/]+)/",
    grace: timedelta = GRACE,
    **said: Unpack[Options],
) -> Invariant:
    """
    Every object of a bucket of S3 below a prefix names, in its key, an owner who is there.

    `owners` is a SELECT of one column, their ids; `named` the expression that finds one at the
    beginning of a key. What is younger than `grace` is not judged. Raises CatalogError for an
    expression without exactly one group.
    """
    name, found = storage, re.compile(named)
    if found.groups != 1:
        raise CatalogError(f"{named!r} has {found.groups} groups; the one that it needs is the id")

    def ask(replica: Reader, storage: "Storage", now: datetime) -> Iterator[Row]:
        known = {str(next(iter(row.values()))) for row in replica.rows(owners)}
        for one in storage.objects(name, prefix):
            if one["modified"] <= now - grace:
                yield from _orphaned(one, found, known, storage.bucket(name))

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "delete_orphaned_recordings",
            "harm": "A deleted person's recordings are still here.",
        },
        said,
        over={"objects": f"{STORAGE}{name}/{prefix}"},
        show=["owner", "bucket", "trouble"],
    )


def _orphaned(
    one: Mapping[str, Any], owner: "re.Pattern[str]", known: set[str], bucket: str
) -> Iterator[Row]:
    """The violation of an object that nobody owns; its key may be what a user called it."""
    whose = owner.match(one["key"])
    if whose is None or whose[1] not in known:
        yield {
            "object": object_id(one["key"]),
            "owner": whose[1] if whose else "",
            "trouble": "has an owner who is gone" if whose else "names no owner",
            "bucket": bucket,
            "size": one["size"],
            "modified": one["modified"],
            "path": one["key"],
        }


def object_id(key: str) -> str:
    """What a report calls an object: always the same, and nothing of what it is called in S3."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]
