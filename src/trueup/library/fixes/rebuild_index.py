"""
Rebuild an index that is not valid, without keeping writers waiting.

One that is being built looks the same: ask before touching it.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
rebuild the index {index} of {table}

On the primary, see that nobody is building it: select pid, phase from pg_stat_progress_create_index
where index_relid = {name:literal}::regclass;

If its name ends in _ccnew or _ccold, a rebuild was broken off: drop index concurrently {name};

Otherwise: reindex index concurrently {name}; A unique one fails at the first duplicate, which has
to be mended before.

select indisvalid and indisready from pg_index where indexrelid = {name:literal}::regclass;  -- t
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One index each."""
    for index in violations:
        yield written(GUIDE, index)
