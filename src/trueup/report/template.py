"""The HTML templates of this room: every value is escaped, and filters draw the odd ones."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from textwrap import dedent

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from trueup.model.run import Cell
from trueup.replica.slow import SLOW
from trueup.report import chart, costs, past, phrase
from trueup.report.compiled import Compiled
from trueup.report.mask import is_mask

HERE = Path(__file__).parent

LONG = 44
"""Characters of a cell that stay on one line; a uuid and a time do."""


# What is added to markup is escaped; to format it takes five times as long.
_CELL, _END = Markup("<td>"), Markup("</td>")
_TEXT, _LONG = Markup('<td dir="auto">'), Markup('<td class="long" dir="auto">')
_MASK, _END_MASK = Markup('<td><span class="mask">'), Markup("</span></td>")


def render(name: str, **values: object) -> str:
    """The template of this name with these values; a value that is missing is an error."""
    return _environment().get_template(name).render(values)


def load(names: Iterable[str]) -> None:
    """Read these templates, for whoever has time before there is anything to draw."""
    for name in names:
        _environment().get_template(name)


@cache
def asset(name: str) -> str:
    """A text file that lies beside this module."""
    return (HERE / name).read_text(encoding="utf-8")


def cell(value: Cell) -> Markup:
    """One cell of a sample: what is missing, masked or a number shows it in words and in form."""
    if value is None:
        return Markup('<td class="none">null</td>')
    if is_mask(value):
        return _MASK + str(value) + _END_MASK
    if isinstance(value, bool):
        return _CELL + ("true" if value else "false") + _END
    if isinstance(value, int | float):
        return _CELL + str(value) + _END
    return (_LONG if len(value) > LONG else _TEXT) + value + _END


def sql(text: str) -> str:
    """SQL as one would paste it: without the indentation of the module it stood in."""
    return dedent(text.expandtabs(4)).strip()


def breakable(text: str) -> Markup:
    """A path or a name that may break where its parts meet, and that copies as it was."""
    return Markup("<wbr>").join(re.split(r"(?<=[/._#])", text))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=Compiled(HERE),
    )
    environment.globals |= {"phrase": phrase, "chart": chart.chart, "past": past}
    environment.globals |= {"costs": costs, "slow_from": SLOW}
    environment.filters |= {"cell": cell, "sql": sql, "breakable": breakable}
    return environment
