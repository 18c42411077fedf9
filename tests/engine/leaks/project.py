"""A project that does all that an author should not: raises, prints, logs and warns of people."""

from engine.leaks.planted import AGGREGATES, CASTS, COLUMNS, ELSEWHERE

SAID = {kind: one.value for kind, one in ELSEWHERE.items()}

CONFIG = f"""
[systems.shop]
title = "Shop"

[systems.shop.settings]
person = "{SAID["a setting"]}"

[systems.shop.environments.staging]
replica = "SHOP_REPLICA_URL"
"""

_DECLARED = ", ".join(f"c{place} {one.type}" for place, one in enumerate(COLUMNS))
_VALUES = ", ".join(f"%s::{one.type}" for one in COLUMNS)

TABLES = f"""
    create domain mail as text;
    create type pair as (id int, name text);
    create table people (id int primary key, {_DECLARED});
"""
INSERT = f"insert into people values (7, {_VALUES})"
GIVEN = [one.value.encode() if one.type == "bytea" else one.value for one in COLUMNS]

_AGGREGATED = ", ".join(f"{said.format('c1')} as a{place}" for place, said in enumerate(AGGREGATES))

HEAD = """
import logging
import sys
import warnings

from trueup import invariant
"""

PASSING = f'''
@invariant(severity="P1", over="people", fix="find")
def test_nobody_is_here(replica):
    """Somebody is."""
    print({SAID["what is printed"]!r})
    print({SAID["what is printed as an error"]!r}, file=sys.stderr)
    logging.getLogger("shop").error({SAID["what is logged"]!r})
    warnings.warn({SAID["a warning"]!r}, stacklevel=1)
    return replica.rows("select * from people where id < 0")
'''

VIOLATED = (
    PASSING.replace("where id < 0", "")
    + f'''

@invariant(severity="P1", over="people", fix="find")
def test_nothing_adds_up_to_a_person(replica):
    """Something does."""
    return replica.rows("""select 1 as id, {_AGGREGATED} from people""")


@invariant(severity="P2", over="people", fix="find")
def test_no_row_is_made_of_people(replica):
    """One is."""
    for row in replica.rows("select id, c1 from people"):
        yield {{"id": row["id"], "who": {SAID["a row made in Python"]!r}, "raw": row["c1"],
               "all": [{SAID["a list in a row"]!r}], "of": {{"deep": row["c1"]}}}}
'''
)

_RAISED = {
    "fails": f"raise ValueError({SAID['an exception']!r})",
    "misses": f"{{}}[{SAID['a key that is missing']!r}]",
    "chains": f"raise RuntimeError({SAID['a chained exception']!r}) from ValueError('x')",
    "asserts": f"jane = {SAID['an assertion']!r}; assert jane == [] , jane",
    "exits": f"raise SystemExit({SAID['an exit']!r})",
}

UNKNOWN = "\n".join(
    [
        *(
            f'''
@invariant(severity="P2", over="people", fix="find")
def test_no_address_is_a_{cast}(replica):
    """One is."""
    return replica.rows("select id from people where c1::text::{cast} is not null")
'''
            for cast in CASTS
        ),
        *(
            f'''
@invariant(severity="P2", over="people", fix="find")
def test_nothing_{name}(replica):
    """Something does."""
    {said}
'''
            for name, said in _RAISED.items()
        ),
    ]
)

METRICS = f'''
from trueup import metric


@metric(title="People", unit="people")
def people(replica):
    """Who is here."""
    return replica.rows("select c0 from people")


@metric(title="Somebody", unit="people")
def somebody():
    """Who is it."""
    raise SystemExit({SAID["an exit"]!r})
'''

_MODULES = {
    "raises": SAID["a module's exception"],
    "prints": SAID["what a module prints"],
    "source": SAID["a module's source"],
    "broken": SAID["a line that is no Python"],
}
CRASHED = {
    "test_raises": f"raise RuntimeError({_MODULES['raises']!r})",
    "test_asserts": f"print({_MODULES['prints']!r})\nassert not {_MODULES['source']!r}",
    "test_syntax": f"x = '{_MODULES['broken']}",
    "test_imports": "import no_such_module",
}

FIX = '''
"""Find the person."""

AT_MOST = 10


def plan(violations):
    return iter(())
'''
