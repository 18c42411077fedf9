"""What there is of a person outside of their rows: files, objects, a customer; and what stays."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from trueup.errors import NotApplicable
from trueup.library.belongings import Belongings
from trueup.library.person import Fate
from trueup.library.shape import Link
from trueup.model.change import Call, Steps
from trueup.replica.names import column, identifier, literal

if TYPE_CHECKING:
    from trueup.readers.storage.reader import Storage

STORAGE = "supabase_storage"
"""The service in trueup.toml that deletes files."""

S3 = "s3"
"""The service that deletes objects."""

AT_ONCE = 1000
"""Files that Supabase Storage deletes in one request."""

Objects = dict[str, tuple[str, list[str]]]
"""By the storage's name: its bucket, and the keys of the person's objects there."""


def elsewhere(
    found: Belongings, services: Collection[str], storage: "Storage | None"
) -> Iterator[Call | Steps]:
    """Calls that delete files and objects, and steps for whatever no call does."""
    files, objects = _files(found), _objects(found, storage)
    if STORAGE in services:
        yield from _file_calls(files)
    if S3 in services:
        yield from _object_calls(objects)
    steps = [
        *(() if STORAGE in services else _file_steps(found, files)),
        *_object_steps(found, objects, called=S3 in services),
        *_customer_steps(found),
        *_staying(found),
    ]
    if steps:
        table, (name,) = found.shape.account
        gone = f"from {identifier(table.label)} where {identifier(name)} = {literal(found.who)}"
        title = f"what is left of user {found.who} elsewhere"
        yield Steps(title, tuple(steps), f"select count(*) {gone};  -- 0")


def customers(found: Belongings) -> list[str]:
    """What the person is called in Stripe."""
    if not found.shape.person.customer:
        return []
    dotted = column(found.shape.person.customer)
    table = found.shape.named(dotted.table)
    rows = found.rows(table, found.going(table), [dotted.name])
    return sorted({str(row[dotted.name]) for row in rows if row[dotted.name]})


def having(found: Belongings, *fates: Fate) -> Iterator[tuple[int, Link]]:
    """The links whose rows have one of these fates, with their places."""
    return ((place, link) for place, link in found.reached() if link.fate in fates)


def many(count: int, noun: str) -> str:
    """The count and its noun: `1 row`, `3 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _files(found: Belongings) -> Mapping[str, list[str]]:
    """The names of the person's files, by bucket."""
    files: dict[str, dict[str, None]] = defaultdict(dict)
    for place, link in having(found, Fate.STORED):
        for row in found.rows(link.child, found.by(place), [*link.child.key, "bucket_id", "name"]):
            files[str(row["bucket_id"])][str(row["name"])] = None
    return {bucket: list(names) for bucket, names in sorted(files.items())}


def _objects(found: Belongings, storage: "Storage | None") -> Objects:
    """The person's objects in S3; a storage that cannot be listed here is left out."""
    objects: Objects = {}
    for name, prefix in found.shape.person.objects.items():
        if storage is not None:
            with suppress(NotApplicable):
                listed = storage.objects(name, prefix.format(id=found.who))
                objects[name] = storage.bucket(name), [str(one["key"]) for one in listed]
    return objects


def _file_calls(files: Mapping[str, list[str]]) -> Iterator[Call]:
    for bucket, names in files.items():
        path = f"/storage/v1/object/{quote(bucket, safe='')}"
        for start in range(0, len(names), AT_ONCE):
            yield Call(STORAGE, "DELETE", path, {"prefixes": names[start : start + AT_ONCE]})


def _object_calls(objects: Objects) -> Iterator[Call]:
    for bucket, keys in objects.values():
        for key in keys:
            yield Call(S3, "DELETE", f"/{bucket}/{quote(key)}")


def _file_steps(found: Belongings, files: Mapping[str, list[str]]) -> Iterator[str]:
    for bucket, names in files.items():
        yield (
            f"Their {many(len(names), 'file')} in the bucket {bucket} of the storage: open"
            f" Storage, and delete what user {found.who} owns."
        )


def _object_steps(found: Belongings, objects: Objects, *, called: bool) -> Iterator[str]:
    for name, prefix in found.shape.person.objects.items():
        begins = prefix.format(id=found.who)
        if name not in objects:
            yield f"What the storage {name} has below {begins}: list it, and delete it."
        elif not called and objects[name][1]:
            bucket, keys = objects[name]
            yield f"Their {many(len(keys), 'object')} in s3://{bucket}/{begins}: delete them."


def _customer_steps(found: Belongings) -> Iterator[str]:
    for customer in customers(found):
        yield (
            f"Their customer in Stripe ({customer}): open it, cancel what is live, and delete the"
            " customer."
        )


def _staying(found: Belongings) -> Iterator[str]:
    for place, link in having(found, Fate.STAYS):
        rows = found.count(link.child, found.by(place) & ~found.going(link.child))
        if rows and link.tie is not None:
            said = f"{many(rows, 'row')} of {link.child.label} ({link.name})"
            yield f"What stays: {said}. {link.tie.why}"
