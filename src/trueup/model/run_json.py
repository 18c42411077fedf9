"""A run as JSON: written in one format, read in each that there has been, published as a schema."""

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from trueup.errors import RunError
from trueup.model.run import Run

Part = TypeVar("Part")

FORMAT = 2
"""
What is written. 1 had no history and no waivers, and is read as a run without them.

A new field with a default is no new format: whoever reads skips what it does not know.
"""

READ = (1, FORMAT)

_HALF = re.compile("[\ud800-\udfff]")


class Head(Struct):
    """What is read of a file to know whether it is a run, and of which environment."""

    format: Any = None
    environment: Any = None


def members(run: Run) -> Iterator[tuple[str, object]]:
    """Each member of the JSON, not yet a text; `parse` reads the whole back to an equal run."""
    yield "format", FORMAT
    yield "verdict", str(run.verdict)
    yield from ((name, getattr(run, name)) for name in run.__struct_fields__)


def text(value: object) -> str:
    """
    A value as JSON; half a surrogate, which no reader of UTF-8 takes, is written out as an escape.

    Raises ValueError for a number that JSON cannot write.
    """
    found = json.dumps(msgspec.to_builtins(value), ensure_ascii=False, allow_nan=False)
    return _HALF.sub(lambda half: f"\\\\u{ord(half[0]):x}", found)


def head(data: bytes) -> Head:
    """
    What a run's JSON says of itself.

    Raises RunError where it is no run, or one of a format that this Trueup does not know.
    """
    try:
        found = msgspec.json.decode(data, type=Head)
    except msgspec.ValidationError:  # JSON, but no object
        found = Head()
    if isinstance(found.format, int) and found.format not in READ:
        raise RunError(
            f"the run has format {found.format}, this Trueup reads {READ[0]} to {READ[-1]}"
        )
    if found.format not in READ:
        raise RunError("the file is not a run; look for run.json below reports/")
    return found


def parse(data: bytes) -> Run:
    """
    Read a run from its JSON.

    Raises RunError where it is no run, or one of a format that this Trueup does not know, and
    msgspec's DecodeError where it is no JSON.
    """
    head(data)
    return part(data, Run)


def part(data: bytes, kind: type[Part]) -> Part:
    """
    Read of a run's JSON, the `head` of which is known, what a type has; the rest is not made.

    Raises as `parse` does.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        _, _, where = str(error).rpartition(" - at `$")
        place = where.rstrip("`") or "a member"
        raise RunError(f"the file is not a run: {place} is not what it must be") from None


def schema() -> dict[str, Any]:
    """The JSON Schema of what is written, and of every older format that is read."""
    _, kinds = msgspec.json.schema_components([Run], ref_template="#/$defs/{name}")
    found: dict[str, Any] = kinds.pop(Run.__name__)
    properties = {
        "format": {"enum": list(READ), "description": "The format of this file."},
        "verdict": {"$ref": "#/$defs/Verdict", "description": "The worst verdict of all."},
    }
    return found | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": kinds,
        "title": "A run of Trueup: run.json",
        "properties": properties | found["properties"],
        "required": [*properties, *found["required"]],
    }
