"""
Rebuild an index that is not valid, beside those who read and write its table.

One that somebody is building looks the same, and what a broken rebuild left has to be dropped:
those are steps for a person.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Alter, Alteration, Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 50
UNDO = "an index that was rebuilt is the same index, and valid"

LEFT_OVER = ("_ccnew", "_ccold")
"""How PostgreSQL names what a rebuild that was broken off leaves behind, before any number."""

BUILDING = """
    select coalesce(i.relname, '') as index
    from pg_stat_progress_create_index as p left join pg_class as i on i.oid = p.index_relid
    where p.datname = current_database()
"""
"""A role that may not see what others build sees that they do, and not what."""

WAIT = """
wait for the index {index} of {table}: somebody is building it

select phase, blocks_done, blocks_total from pg_stat_progress_create_index
where index_relid = {name:literal}::regclass;

select indisvalid and indisready from pg_index where indexrelid = {name:literal}::regclass;  -- t
"""

DROP = """
drop the index {index} of {table}: a rebuild that was broken off left it

drop index concurrently {name};

select to_regclass({name:literal});  -- null
"""


def plan(violations: Iterable[Violation], primary: Reader) -> Iterator[Change]:
    """One index each."""
    building = {str(row["index"]) for row in primary.rows(BUILDING)}
    for index in violations:
        name = str(index["indexname"])
        if building & {name, ""}:
            yield written(WAIT, index)
        elif name.rstrip("0123456789").endswith(LEFT_OVER):
            yield written(DROP, index)
        else:
            yield Alter(Alteration.REINDEX, str(index["relation"]), name)
