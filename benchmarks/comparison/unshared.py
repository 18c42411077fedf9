"""
StudyBuddy's twenty checks, each on tables of its own: what there is to gain where none share one.

A table is as large as it is there, so that psql reads as much: the database has six times the rows.
"""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from comparison import studybuddy
from comparison.definition import Check, Definition, Table


def apart(shared: Definition) -> Definition:
    """The same with a schema for each check, in which its tables are."""
    schemas = [f"own_{place}" for place in range(len(shared.checks))]
    return Definition(
        tuple(
            _moved(table, schema)
            for check, schema in zip(shared.checks, schemas, strict=True)
            for table in _needed(check, shared)
        ),
        tuple(map(_asked, shared.checks, schemas)),
    )


def _needed(check: Check, shared: Definition) -> list[Table]:
    """Those that it reads, and those whose number of rows is in an expression of theirs."""
    named = " ".join([check.table, check.parent, check.condition * (check.kind == "query")])
    found = [table for table in shared.tables if re.search(rf"\b{table.name}\b", named)]
    for table in found:  # it grows meanwhile
        counted = set(_counted(table))
        found += [one for one in shared.tables if one.name in counted and one not in found]
    return found


def _counted(table: Table) -> Iterator[str]:
    for _, expression in table.columns.values():
        yield from re.findall(r"{(\w+)}", expression)


def _moved(table: Table, schema: str) -> Table:
    columns = {
        name: (kind, expression.replace("{", f"{{{schema}_"))
        for name, (kind, expression) in table.columns.items()
    }
    return replace(table, name=f"{schema}.{table.name}", columns=columns)


def _asked(check: Check, schema: str) -> Check:
    planted = {
        column: expression.replace("{", f"{{{schema}_")
        for column, expression in check.planted.items()
    }
    tables = "|".join(table.name for table in studybuddy.TABLES)
    query = re.sub(rf"\b({tables})\b", rf"{schema}.\1", check.condition)
    return replace(
        check,
        table=f"{schema}.{check.table}",
        parent=f"{schema}.{check.parent}" if check.parent else "",
        condition=query if check.kind == "query" else check.condition,
        planted=planted,
    )


DEFINITION = apart(studybuddy.DEFINITION)
