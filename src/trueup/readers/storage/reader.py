"""Buckets as an invariant asks them: each list fetched once a run, and streamed from disk."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from trueup.errors import NotApplicable, StorageError, TrueupError
from trueup.http_client import http_client
from trueup.model.invariant import STORAGE
from trueup.readers.shelf import Objects, Shelf
from trueup.readers.storage.bucket import Bucket
from trueup.readers.storage.listing import AGENT, TIMEOUT, listed


class Storage:
    """
    The buckets of an environment, by name.

    `folder` is where the processes of one run find what was listed. Raises NotApplicable for a name
    that the environment does not have, or whose key is not set, and StorageError where a list could
    not be had whole.
    """

    def __init__(self, buckets: Mapping[str, Bucket], folder: Path) -> None:
        self._buckets = buckets
        self._shelf = Shelf(folder, StorageError)
        self._client = http_client(TIMEOUT, AGENT)

    def bucket(self, name: str) -> str:
        """What the storage of that name is called in S3."""
        return self._known(name).bucket

    def objects(self, name: str, prefix: str = "") -> Iterator[dict[str, Any]]:
        """Every object whose key begins so: `key`, `size`, and when it was `modified`."""
        for found in self._listed(name, prefix):
            yield {**found, "modified": datetime.fromisoformat(found["modified"])}

    def count(self, of: str) -> int:
        """How many objects there are of what `over` names: `storage.recordings/user-`."""
        return len(self._listed(*_named(of)))

    def fetch(self, relations: Iterable[str]) -> None:
        """Have these lists before a transaction is opened; what goes wrong is said later."""
        for of in relations:
            try:
                self._listed(*_named(of))
            except TrueupError:
                return

    def forget(self) -> None:
        """Have every list fetched anew; for whoever has deleted from one."""
        self._shelf.forget()

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def _listed(self, name: str, prefix: str) -> Objects:
        bucket = self._known(name)
        digest = hashlib.sha256(prefix.encode()).hexdigest()[:16]
        return self._shelf.read(f"{name}-{digest}", lambda: listed(self._client, bucket, prefix))

    def _known(self, name: str) -> Bucket:
        if name not in self._buckets:
            raise NotApplicable(f"this environment names no storage {name!r}")
        known = self._buckets[name]
        if known.unset:
            raise NotApplicable(
                f"the variable {known.unset} is not set; it has a key of the storage {name!r}"
            )
        return known


def _named(of: str) -> tuple[str, str]:
    name, _, prefix = of.removeprefix(STORAGE).partition("/")
    return name, prefix
