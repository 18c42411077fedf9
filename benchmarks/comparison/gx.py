"""Great Expectations: a script of expectations that hold SQL, for it has no program to run."""

import json
from collections.abc import Mapping

from comparison import environment, process
from comparison.apart import Apart
from comparison.definition import question
from comparison.process import Finished

URL = "BENCH_REPLICA_URL"

SCRIPT = '''"""Written by a benchmark."""

import json
import os
from pathlib import Path

import great_expectations as gx

QUESTIONS = json.loads(Path("questions.json").read_text())

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {{"globally": False}}
source = context.data_sources.add_postgres("bench", connection_string=os.environ[{variable!r}])
batch = source.add_table_asset("asked", table_name={table!r}, schema_name={schema!r})
suite = context.suites.add(gx.ExpectationSuite(name="bench"))
for name, sql in QUESTIONS.items():
    suite.add_expectation(
        gx.expectations.UnexpectedRowsExpectation(
            unexpected_rows_query=sql, meta={{"name": name}}
        )
    )
definition = context.validation_definitions.add(
    gx.ValidationDefinition(
        name="bench", data=batch.add_batch_definition_whole_table("all"), suite=suite
    )
)
for result in definition.run(result_format="SUMMARY").results:
    name = result.expectation_config.meta["name"]
    print("found", name, result.result["observed_value"])
'''


class Gx(Apart):
    """A whole process that validates one suite of unexpected rows; no page is made of it."""

    name = "gx"

    def prepare(self) -> None:
        first = self.checks[0].table
        schema, _, table = first.rpartition(".")
        script = SCRIPT.format(variable=URL, table=table, schema=schema or "public")
        (self.folder / "bench.py").write_text(script)
        questions = {check.name: question(check) for check in self.checks}
        (self.folder / "questions.json").write_text(json.dumps(questions))

    def run(self, url: str) -> Finished:
        command = [environment.program(self.name, "python"), "bench.py"]
        variables = {URL: url.replace("postgresql:", "postgresql+psycopg2:")}
        variables |= {"GX_ANALYTICS_ENABLED": "false", "HOME": str(self.folder)}
        return process.run(command, self.folder, variables)

    def counts(self, done: Finished) -> Mapping[str, int]:
        lines = (line.split() for line in done.said.splitlines() if line.startswith("found "))
        return {name: int(number) for _, name, number in lines}
