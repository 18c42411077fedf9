"""The document: a key for each table, a line for each row, and what was left out, by name."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from trueup.export.objects import Listed
from trueup.export.parts import Part, parts
from trueup.library.belongings import Belongings
from trueup.library.shape import Condition
from trueup.replica.names import literal
from trueup.replica.quoting import quoted
from trueup.replica.reader import Reader

NAIVE = "timestamp without time zone"

Write = Callable[[str], None]

WHOLE = "the whole table"


class Told(Struct):
    """What may be said of the document aloud."""

    rows: dict[str, int] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, object] = field(default_factory=dict)
    unlisted: dict[str, str] = field(default_factory=dict)


def document(
    reader: Reader,
    found: Belongings,
    about: Mapping[str, object],
    objects: Sequence[Listed],
    write: Write,
) -> Told:
    r"""
    Write the document as it is read, row by row; the server turns its rows into JSON.

    So numbers keep all their digits, JSON stays what it is, bytes are `\x` and their hex, times
    have their offset. Those without a zone stay without, unless the system says which they have.
    """
    mine = list(parts(found))
    told = Told(left_out={part.table.label: _left_out(part) for part in mine if _left_out(part)})
    naive = {} if found.shape.person.naive else _naive(mine)
    head = {**about, "left_out": told.left_out, "without_zone": naive}
    write("{\n" + "".join(f"{_json(name)}: {_json(value)},\n" for name, value in head.items()))
    write('"tables": {')
    for part, comma in _separated(part for part in mine if part.columns):
        write(f"{comma}\n{_json(part.table.label)}: ")
        told.rows[part.table.label] = _rows(reader, found, part, part.whole, write)
    write('\n},\n"named_in": {')
    for part, comma in _separated(part for part in mine if part.mentions):
        write(f"{comma}\n{_json(part.table.label)}: ")
        told.keys[part.table.label] = _rows(reader, found, part.keyed, part.named, write)
    write('\n},\n"objects": {')
    told.unlisted = {one.name: one.why for one in objects if one.why}
    for place, one in enumerate(objects):
        write(f"{',' if place else ''}\n{_json(one.name)}: ")
        write(_json({"not_listed": one.why}) if one.why else _json(list(one)))
    write("\n}\n}\n")
    return told


def _rows(
    reader: Reader,
    found: Belongings,
    part: Part,
    condition: Condition,
    write: Write,
) -> int:
    count = 0
    sql = _sql(part, condition, found.shape.person.naive)
    write("[")
    for (row,) in reader.rows(sql, **condition.given).values():
        write(f"{',' if count else ''}\n{row}")
        count += 1
    write("\n]" if count else "]")
    return count


def _sql(part: Part, condition: Condition, zone: str) -> str:
    columns = ", ".join(_column(part, name, zone) for name in part.columns)
    order = ", ".join(map(quoted, part.table.key or part.columns[:1]))
    return f"""
        select row_to_json(theirs)::text
        from (
            select {columns} from {part.table.sql} where {condition.sql} order by {order}
        ) as theirs
    """  # noqa: S608  # every name in it is quoted


def _column(part: Part, name: str, zone: str) -> str:
    if zone and part.table.types[name] == NAIVE:
        return f"{quoted(name)} at time zone {literal(zone)} as {quoted(name)}"
    return quoted(name)


def _left_out(part: Part) -> object:
    """The columns that an export does not have, as the document names them."""
    return list(part.left_out) if part.columns else WHOLE


def _naive(mine: list[Part]) -> dict[str, list[str]]:
    found = {
        part.table.label: [name for name in part.columns if part.table.types[name] == NAIVE]
        for part in mine
    }
    return {label: names for label, names in found.items() if names}


def _separated(some: Iterator[Part]) -> Iterator[tuple[Part, str]]:
    return ((part, "," if place else "") for place, part in enumerate(some))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
