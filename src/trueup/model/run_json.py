"""A run as JSON: written in one format, read in each that there has been, published as a schema."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from trueup.errors import RunError
from trueup.model.exact import InexactError, exact
from trueup.model.plain import plain as _plain
from trueup.model.run import Record, Run

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Kind = TypeVar("Kind")

FORMAT = 2
"""
What is written. 1 had no history and no waivers, and is read as a run without them.

A new field with a default is no new format: whoever reads skips what it does not know.
"""

READ = (1, FORMAT)


def members(run: Run) -> Iterator[tuple[str, object]]:
    """Each member of the JSON, not yet plain; `parse` reads the whole back to an equal run."""
    yield "format", FORMAT
    yield "verdict", str(run.verdict)
    yield from ((field.name, getattr(run, field.name)) for field in fields(run))


def plain(run: Run) -> dict[str, Any]:
    """The run as JSON-ready data."""
    return {name: _plain(value) for name, value in members(run)}


def plain_record(found: Record) -> dict[str, Any]:
    """One record as JSON-ready data, as workers send it; `record` reads it back."""
    data: dict[str, Any] = _plain(found)
    return data


def parse(data: object) -> Run:
    """
    Read a run from JSON data.

    Raises RunError where it is no run, or one of a format that this Trueup does not know.
    """
    found = data.get("format") if isinstance(data, Mapping) else None
    if isinstance(found, int) and found not in READ:
        raise RunError(f"the run has format {found}, this Trueup reads {READ[0]} to {READ[-1]}")
    if found not in READ:
        raise RunError("the file is not a run; look for run.json below reports/")
    try:
        run: Run = exact(Run, data, json=True)
    except (InexactError, ValueError):
        return _validated(data)
    return run


def record(data: Mapping[str, Any]) -> Record:
    """Read one record from the data that `plain_record` made of it."""
    try:
        found: Record = exact(Record, data, json=True)
    except (InexactError, ValueError):
        found = _adapter(Record).validate_python(data)
    return found


def schema() -> dict[str, Any]:
    """The JSON Schema of what is written, and of every older format that is read."""
    found = _adapter(Run).json_schema(mode="serialization")
    properties = {
        "format": {"enum": list(READ), "description": "The format of this file."},
        "verdict": {"$ref": "#/$defs/Verdict", "description": "The worst verdict of all."},
    }
    return found | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A run of Trueup: run.json",
        "properties": properties | found["properties"],
        "required": [*properties, *found["required"]],
    }


def _validated(data: object) -> Run:
    """What is not exactly as we write it: pydantic reads it, or says where it is wrong."""
    from pydantic import ValidationError  # noqa: PLC0415  # takes longer to load than a run to read

    try:
        run: Run = _adapter(Run).validate_python(data)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise RunError(f"the file is not a run: {where} is not what it must be") from None
    return run


@cache
def _adapter(kind: "type[Kind]") -> "TypeAdapter[Kind]":
    from pydantic import TypeAdapter  # noqa: PLC0415  # as above

    return TypeAdapter(kind)
