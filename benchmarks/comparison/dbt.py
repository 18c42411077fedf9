"""dbt: references are tests of a source's column, all else is a test of its own SQL."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from comparison import environment, process
from comparison.apart import Apart
from comparison.definition import Check, question
from comparison.parts import parts
from comparison.process import Finished

THREADS = 2
PROFILE = "profiles.yml"
PROJECT = {
    "name": "bench",
    "version": "1.0.0",
    "profile": "bench",
    "flags": {"send_anonymous_usage_stats": False, "use_colors": False},
}


class Dbt(Apart):
    """A whole `dbt test` of a project that is parsed already; its files are YAML, and JSON is."""

    name = "dbt"

    def prepare(self) -> None:
        tests, models = self.folder / "tests", self.folder / "models"
        tests.mkdir()
        models.mkdir()
        for check in self.checks:
            if check.kind != "reference":
                (tests / f"{check.name}.sql").write_text(question(check))
        references = [check for check in self.checks if check.kind == "reference"]
        (models / "sources.yml").write_text(json.dumps(_sources(references)))
        (self.folder / "dbt_project.yml").write_text(json.dumps(PROJECT))

    def settle(self, url: str) -> None:
        """Parse: what dbt keeps of that goes with the port, so a port has a folder of its own."""
        self._dbt("parse", url)

    def run(self, url: str) -> Finished:
        self._target(url).joinpath("run_results.json").unlink(missing_ok=True)
        return self._dbt("test", url)

    def counts(self, done: Finished) -> Mapping[str, int]:  # noqa: ARG002  # a file says it
        files = self.folder.glob("target-*/run_results.json")
        latest = max(files, key=_written, default=None)
        if latest is None:
            return {}
        results: dict[str, Any] = json.loads(latest.read_text())
        return {one["unique_id"].split(".")[2]: one["failures"] for one in results["results"]}

    def _dbt(self, verb: str, url: str) -> Finished:
        where = asdict(parts(url))
        output = {"type": "postgres", "schema": "public", "dbname": where.pop("database"), **where}
        profile = {"bench": {"target": "bench", "outputs": {"bench": output}}}
        (self.folder / PROFILE).write_text(json.dumps(profile))
        command = [environment.program(self.name, "dbt"), verb, "--profiles-dir", "."]
        command += ["--threads", str(THREADS), "--target-path", self._target(url).name]
        variables = {"DO_NOT_TRACK": "1", "HOME": str(self.folder)}
        return process.run(command, self.folder, variables)

    def _target(self, url: str) -> Path:
        return self.folder / f"target-{parts(url).port}"


def _written(file: Path) -> float:
    return file.stat().st_mtime


def _sources(references: Sequence[Check]) -> dict[str, object]:
    """Tables in schema public, as sources whose columns are tested."""
    tables: dict[str, dict[str, list[object]]] = {}
    for check in references:
        parent, _, column = check.parent.rpartition(".")
        tables.setdefault(parent, {})
        arguments = {"to": f"source('public', '{parent}')", "field": column}
        test = {"relationships": {"name": check.name, "arguments": arguments}}
        tables.setdefault(check.table, {}).setdefault(check.condition, []).append(test)
    listed = [
        {
            "name": table,
            "columns": [{"name": name, "data_tests": tests} for name, tests in columns.items()],
        }
        for table, columns in tables.items()
    ]
    return {"version": 2, "sources": [{"name": "public", "schema": "public", "tables": listed}]}
