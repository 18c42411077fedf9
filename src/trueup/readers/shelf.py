"""What was fetched in a run, on disk: fetched by the first who needs it, read by every process."""

import fcntl
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trueup.errors import ReplicaError

REFUSED = "refused"

Fetch = Callable[[], Iterable[list[dict[str, Any]]]]
"""Gives the pages of a list."""


class Objects:
    """A list on disk: counted when it was fetched, and parsed anew, page by page, by every loop."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __len__(self) -> int:
        with self._file.open(encoding="utf-8") as lines:
            return int(next(lines))

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        with self._file.open(encoding="utf-8") as lines:
            next(lines)
            for page in lines:
                yield from json.loads(page)


class Shelf:
    """
    Lists of a run in a folder of its own, which goes with the run.

    They are streamed: nothing here is ever whole in memory. `refusal` is the error of whoever could
    not fetch one; the next who asks for that list is told the same.
    """

    def __init__(self, folder: Path, refusal: type[ReplicaError]) -> None:
        self._folder = folder
        self._refusal = refusal
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read(self, name: str, fetch: Fetch) -> Objects:
        """
        The objects of a list; fetched here where nobody has yet, while the others wait.

        Raises the refusal where it could not be fetched, the same to all who ask.
        """
        file = self._folder / f"{name}.jsonl"
        with self._locked(name):
            self._refuse(name)
            if not file.exists():
                self._fetched(name, file, fetch)
        return Objects(file)

    def forget(self) -> None:
        """Have everything fetched anew; for whoever has changed what it is about."""
        for pattern in ("*.jsonl", f"*.{REFUSED}"):
            for file in self._folder.glob(pattern):
                file.unlink()

    def _fetched(self, name: str, file: Path, fetch: Fetch) -> None:
        """Write the pages, and then in front of them, where room was left, how many objects."""
        unfinished = file.with_suffix(".new")
        count = 0
        try:
            with unfinished.open("w", encoding="utf-8") as lines:
                lines.write(f"{count:020}\n")
                for page in fetch():
                    count += len(page)
                    lines.write(json.dumps(page, separators=(",", ":")) + "\n")
                lines.seek(0)
                lines.write(f"{count:020}")
        except self._refusal as error:
            (self._folder / f"{name}.{REFUSED}").write_text(str(error), encoding="utf-8")
            raise
        unfinished.replace(file)

    def _refuse(self, name: str) -> None:
        refusal = self._folder / f"{name}.{REFUSED}"
        if refusal.exists():
            raise self._refusal(refusal.read_text(encoding="utf-8"))

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with (self._folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
