"""The person's objects in S3, which tables only name: their keys, sizes and times."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from trueup.errors import NotApplicable
from trueup.library.person import Person
from trueup.readers.storage.reader import Storage


class Listed(Struct, frozen=True):
    """What a storage has below a prefix, read from disk; or why it could not be listed."""

    storage: Storage
    name: str
    prefix: str
    why: str = ""

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        found = () if self.why else self.storage.objects(self.name, self.prefix)
        return ({**one, "modified": one["modified"].isoformat()} for one in found)


def listed(person: Person, who: str, resources: Mapping[str, object]) -> list[Listed]:
    """
    List what there is, before any transaction is open.

    One that the environment does not name says so. Raises StorageError for one that is not whole.
    """
    storage = resources["storage"]
    if not isinstance(storage, Storage):
        raise TypeError(f"the storage is a {type(storage).__name__}")
    found = []
    for name, prefix in person.objects.items():
        one = Listed(storage, name, prefix.format(id=who))
        try:
            list(one)
        except NotApplicable as reason:
            one = Listed(storage, name, one.prefix, str(reason))
        found.append(one)
    return found
