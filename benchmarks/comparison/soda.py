"""Soda Core: conditions of one table are one scan, as far as it knows the table's schema."""

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import asdict

from comparison import environment, process
from comparison.apart import Apart
from comparison.definition import Check, count, filled
from comparison.parts import parts
from comparison.process import Finished

CHECKS = "checks.yml"
CONFIGURATION = "configuration.yml"
RESULTS = "results.json"


class Soda(Apart):
    """A whole `soda scan`; both files are YAML, and JSON is YAML."""

    name = "soda"

    def prepare(self) -> None:
        checks: dict[str, list[dict[str, dict[str, str]]]] = {}
        for check in self.checks:
            checks.setdefault(f"checks for {check.table}", []).append(_check(check))
        (self.folder / CHECKS).write_text(json.dumps(checks))
        (self.folder / ".soda").mkdir()
        told = json.dumps({"send_anonymous_usage_stats": False, "user_cookie_id": "none"})
        (self.folder / ".soda" / "config.yml").write_text(told)

    def run(self, url: str) -> Finished:
        (self.folder / RESULTS).unlink(missing_ok=True)
        where = asdict(parts(url))
        source = {"type": "postgres", "schema": "public", "username": where.pop("user"), **where}
        (self.folder / CONFIGURATION).write_text(json.dumps({"data_source bench": source}))
        command = [environment.program(self.name, "soda"), "scan", "-d", "bench"]
        command += ["-c", CONFIGURATION, "-srf", RESULTS, CHECKS]
        return process.run(command, self.folder, {"HOME": str(self.folder)})

    def counts(self, done: Finished) -> Mapping[str, int]:  # noqa: ARG002  # a file says it
        file = self.folder / RESULTS
        if not file.exists():
            return {}
        results: dict[str, Any] = json.loads(file.read_text())
        return {one["name"]: int(one["diagnostics"]["value"]) for one in results["checks"]}


def _check(check: Check) -> dict[str, dict[str, str]]:
    """Say one in Soda's words; it takes the schema that a name begins with for part of the name."""
    said = {"name": check.name}
    if check.kind == "reference":
        table, _, column = check.parent.rpartition(".")
        return {f"values in ({check.condition}) must exist in {table} ({column})": said}
    words, metric = "query", count(check)
    if check.kind == "rule" and "." not in check.table:
        condition = filled(check, check.condition)
        words, metric = "expression", f"count(case when {condition} then 1 end)"
    return {f"{check.name} = 0": {**said, f"{check.name} {words}": metric}}
