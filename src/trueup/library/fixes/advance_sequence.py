"""
Advance a sequence past the highest value of the column that it feeds.

A sequence belongs to no transaction: nothing brings its old value back, and nobody misses it.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
advance the sequence {sequence} of {column}

It gives {next_value} next, and the column is at {highest} already.

On the primary: select setval({sequence:literal}, (select max({name}) from {table}));

select last_value >= (select max({name}) from {table}) from {sequence};  -- t
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One sequence each."""
    for column in violations:
        yield written(GUIDE, column)
