"""pgTAP: a file of tests a table, run two at a time by pg_prove."""

import re
import shutil
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import psycopg

from comparison import process
from comparison.definition import Check, count
from comparison.parts import parts
from comparison.peer import Peer, Psql
from comparison.process import Finished
from trueup.sample.roles import SUPERUSER

PACKAGES = "postgresql-15-pgtap libtap-parser-sourcehandler-pgtap-perl"
EXTENSIONS = Path("/usr/share/postgresql")
SCRIPT = "*/extension/pgtap--?.*.?.sql"
"""The whole extension in one file; others have the way from one version to the next."""

FAILED = re.compile(r'^# +Failed test \d+: "(\w+)"\n# +have: (\d+)$', re.MULTILINE)

HEAD = """begin;
set local search_path = public, pgtap;
select plan({number});
"""
FOOT = """select * from finish();
rollback;
"""


class Pgtap(Peer):
    """A whole `pg_prove -j2`, with the psql that the floor is."""

    name = "pgtap"
    silent = True
    server = "primary"
    role = SUPERUSER
    note = "asks the primary as superuser: it makes temporary tables, which no standby lets it make"

    @classmethod
    def missing(cls) -> str:
        if shutil.which("pg_prove") and _script():
            return ""
        return f"apt-get install --no-install-recommends {PACKAGES}"

    def prepare(self) -> None:
        table = attrgetter("table")
        for name, checks in groupby(sorted(self.checks, key=table), key=table):
            (self.folder / f"{name}.sql").write_text(_tests(list(checks)))

    def settle(self, url: str) -> None:
        """Make its functions from the extension's script, which has no other server's binaries."""
        script = _script()
        if script is None:
            raise FileNotFoundError(SCRIPT)
        with psycopg.connect(url) as connection:
            connection.execute("create schema pgtap")
            connection.execute("set local search_path = pgtap")
            connection.execute(script.read_bytes())

    def run(self, url: str) -> Finished:
        files = sorted(file.name for file in self.folder.glob("*.sql"))
        command = ["pg_prove", "--jobs", "2", "--failures", "--comments", "--nocolor"]
        where = parts(url)  # pg_prove cuts a URL at its first equals sign
        variables = {
            "PGHOST": where.host,
            "PGPORT": str(where.port),
            "PGUSER": where.user,
            "PGPASSWORD": where.password,
            "PGDATABASE": where.database,
            "PGSSLMODE": where.sslmode,
        }
        return process.run([*command, "--psql-bin", Psql.program(), *files], self.folder, variables)

    def counts(self, done: Finished) -> Mapping[str, int]:
        return {name: int(number) for name, number in FAILED.findall(done.said)}


def _script() -> Path | None:
    return max(EXTENSIONS.glob(SCRIPT), default=None)


def _tests(checks: Sequence[Check]) -> str:
    lines = [f"select is(({count(check)}), 0::bigint, '{check.name}');\n" for check in checks]
    return HEAD.format(number=len(checks)) + "".join(lines) + FOOT
