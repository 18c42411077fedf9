"""What a system has beside its database: kept in a file, and made anew with it."""

from abc import ABC, abstractmethod
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import psycopg

from trueup.errors import SampleError
from trueup.sample.cluster import Cluster
from trueup.sample.faults import Fault

Connection = psycopg.Connection[Any]

_OID = "select oid::bigint from pg_database where datname = %s"


class Kept(Protocol):
    """What is kept in the file; `made_for` is the oid of the database that it goes with."""

    made_for: int | None

    def save(self, file: Path) -> None:
        """Write it, whole or not at all."""


Found = TypeVar("Found", bound=Kept)


class Beside(ABC, Generic[Found]):
    """
    One thing that the system of a folder has beside its database.

    `script` is the file in that folder that knows it; a system without the file has no such thing.
    """

    script: ClassVar[str]

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder

    @property
    def there(self) -> bool:
        """Whether the system has it."""
        return (self.folder / self.script).is_file()

    @property
    def file(self) -> Path:
        """Where it is kept."""
        kind = Path(self.script).stem
        return self.cluster.folder / f"{self.folder.name}.{kind}.json"

    def load(self) -> None:
        """Have it as the database is; what was planted in it stays."""
        if self._made_for() != self._oid():
            self.make()

    def make(self) -> None:
        """Make it as it is when the system is sound."""
        self.sound(self._oid()).save(self.file)

    def plant(self, fault: Fault) -> None:
        """Do to it what the fault does."""
        kept = self.read(self.file)
        self.broken(kept, fault)
        kept.save(self.file)

    def known(self, name: str) -> Any:
        """What the script calls by that name, None where it has nothing of it."""
        path = self.folder / self.script
        spec = spec_from_file_location(f"trueup_{path.stem}_of_{self.folder.name}", path)
        if spec is None or spec.loader is None:
            raise SampleError(f"{path} cannot be read")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return getattr(module, name, None)

    def needed(self, name: str) -> Any:
        """The function of that name; raises SampleError for a script without it."""
        found = self.known(name)
        if found is None:
            raise SampleError(f"{self.folder / self.script} has no function {name}")
        return found

    def connect(self) -> Connection:
        """The system's database on the primary, as superuser."""
        return self.cluster.connect(database=self.folder.name)

    @abstractmethod
    def sound(self, made_for: int | None) -> Found:
        """What it is when the system is sound."""

    @abstractmethod
    def read(self, file: Path) -> Found:
        """What is kept in the file."""

    @abstractmethod
    def broken(self, kept: Found, fault: Fault) -> None:
        """Do to what is kept as the fault says; its rows are planted already."""

    def _made_for(self) -> int | None:
        return self.read(self.file).made_for if self.file.exists() else None

    def _oid(self) -> int | None:
        with self.cluster.connect() as connection:
            row = connection.execute(_OID, [self.folder.name]).fetchone()
        return int(row[0]) if row else None
