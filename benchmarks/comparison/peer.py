"""What asks the same questions: each as a whole process, as somebody would run it."""

import json
import os
import re
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from comparison import process, project
from comparison.definition import Check, count
from comparison.process import Finished
from trueup.sample import CLOCK, binaries
from trueup.sample.server import Name

COUNTED = re.compile(r"^(?:E +AssertionError: )?(\w+): (\d+) violations", re.MULTILINE)


class Peer(ABC):
    """One way to ask; it is written once into a folder of its own, and run as often as asked."""

    name: ClassVar[str]
    most: ClassVar[int | None] = None
    """Where it stops to count, and says that there are more."""
    silent: ClassVar[bool] = False
    """Whether it says nothing of a check that holds."""
    server: ClassVar[Name] = "standby"
    role: ClassVar[str] = "trueup_reader"
    database: ClassVar[str] = "bench"
    note: ClassVar[str] = ""
    """What somebody has to know who compares its figures."""
    peak: int = 0
    """The most memory that all its processes had at once, in bytes."""

    @classmethod
    def missing(cls) -> str:
        """How to install it where it is not there; nothing where it is."""
        return ""

    def __init__(self, folder: Path, checks: Sequence[Check]) -> None:
        self.folder = folder / self.name
        self.folder.mkdir(parents=True)
        self.checks = checks
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Write what it reads."""

    def settle(self, url: str) -> None:  # noqa: B027  # most have nothing to do
        """Do once what nobody measures, at the server that is measured afterwards."""

    @abstractmethod
    def run(self, url: str) -> Finished:
        """Run the whole process."""

    @abstractmethod
    def counts(self, done: Finished) -> Mapping[str, int]:
        """How many rows it found to break each check."""


class Psql(Peer):
    """The floor: one psql that counts, one question after the other."""

    name = "psql"
    from_path: ClassVar[bool] = False
    """Whether it is the psql that somebody types, which Debian wraps, before the servers' own."""

    @classmethod
    def program(cls) -> str:
        """Which psql it is."""
        own = str(binaries.find().folder / "psql")
        return (shutil.which("psql") if cls.from_path else None) or own

    def prepare(self) -> None:
        lines = [f"select '{check.name}', ({count(check)});\n" for check in self.checks]
        (self.folder / "counts.sql").write_text("".join(lines))

    def run(self, url: str) -> Finished:
        command = [
            self.program(),
            url,
            "-XqAt",
            "-F",
            " ",
            "-v",
            "ON_ERROR_STOP=1",
            "-f",
            "counts.sql",
        ]
        return process.run(command, self.folder, {})

    def counts(self, done: Finished) -> Mapping[str, int]:
        lines = (line.split() for line in done.said.splitlines())
        return {name: int(number) for name, number in lines}


class Trueup(Peer):
    """A whole `trueup check`: guard, counts of what is judged, run.json and the page."""

    name = "trueup"
    most = 10_000
    connections: ClassVar[int] = 2

    def prepare(self) -> None:
        project.write(self.folder, self.checks, self.connections)

    def run(self, url: str) -> Finished:
        command = [str(Path(sys.executable).with_name("trueup")), "check", "--env", "bench"]
        command += ["--as-of", CLOCK.isoformat()]
        return process.run(command, self.folder, {project.URL: url})

    def counts(self, done: Finished) -> Mapping[str, int]:  # noqa: ARG002  # a file says it
        runs = sorted((self.folder / "reports").glob("*/run.json"), key=os.path.getmtime)
        if not runs:
            return {}
        records = json.loads(runs[-1].read_text())["records"]
        return {record["name"]: record["count"] for record in records}


class SoundTrueup(Trueup):
    """The same where nothing is violated."""

    name = "trueup_sound"
    database = "sound"


class Pytest(Peer):
    """A test a check on one connection, with pytest-html; no other plugin is loaded."""

    name = "pytest_one"
    silent = True
    scope: ClassVar[str] = "session"

    HEAD = '''"""Written by a benchmark."""

import os

import psycopg
import pytest


@pytest.fixture(scope={scope!r})
def connection():
    with psycopg.connect(os.environ["BENCH_REPLICA_URL"]) as found:
        yield found
'''
    ONE = """

def test_{name}(connection):
    [found] = connection.execute({sql!r}).fetchone()
    assert found == 0, f"{name}: {{found}} violations"
"""

    def prepare(self) -> None:
        tests = [self.ONE.format(name=check.name, sql=count(check)) for check in self.checks]
        head = self.HEAD.format(scope=self.scope)
        (self.folder / "test_bench.py").write_text(head + "".join(tests))
        (self.folder / "pytest.ini").write_text("[pytest]\n")

    def run(self, url: str) -> Finished:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_metadata.plugin"]
        command += ["-p", "pytest_html.plugin", "--html=report.html", "test_bench.py"]
        variables = {project.URL: url, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return process.run(command, self.folder, variables)

    def counts(self, done: Finished) -> Mapping[str, int]:
        return {name: int(number) for name, number in COUNTED.findall(done.said)}


class NaivePytest(Pytest):
    """The same with a connection a test, as most suites are written."""

    name = "pytest"
    scope = "function"
