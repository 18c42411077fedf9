"""Whatever rules are asked ahead together, each answers as its own SQL does by itself."""

from collections.abc import Iterator
from random import Random

import pytest

from engine.suite.test_ahead import keys, ruled, told
from fix_database import Database
from fix_systems import Opened
from trueup.ahead import batch
from trueup.model.invariant import Invariant
from trueup.replica import together
from trueup.suite import ahead

FEW = 3
"""Rows that are fetched together, and that travel together."""

CAP = 5
"""Violations that are named: so few that the rows of these tables reach it."""

PARTS = (
    "{of}n > {k}",
    "{of}n % 3 = {k} % 3 -- a comment; and no end",
    "{of}n is null",
    "{of}said = 'a;b''c'",
    "{of}said like '%{k}%'",
    "{of}said is distinct from '--'",
    "{of}flag",
    "{of}flag is not true",
    "{of}at < '2026-11-01'::timestamptz - interval '{k} days'",
    "{of}list && array[{k}]",
    "case when {of}flag then {of}n > {k} else {of}at is null end",
    "null",
)

HOLDING = """
    create table {table} (
        id int primary key, n int, said text, flag bool, at timestamptz, list int[], up int
    );
    insert into {table}
    select i, case when i % 4 > 0 then i * {odd} % 13 end,
           (array['a;b''c', '--', ':k', '%s', 'x' || i, null])[1 + i * {odd} % 6],
           case when i % 5 > 1 then i % 2 = 0 end,
           case when i % 3 > 0 then timestamptz '2026-11-02' - i * interval '9 hours' end,
           case when i % 7 > 2 then array[i % 5, null] end,
           case when i % 6 > 0 then i * {odd} % 50 end
    from generate_series(1, {rows}) i;
"""


def condition(dice: Random, of: tuple[str, ...], depth: int = 0) -> str:
    """A condition of such parts, of the row itself or of the one that it names."""
    if depth == 2 or dice.random() < 0.3:
        part = dice.choice(PARTS).format(of=dice.choice(of), k=dice.randint(0, 6))
        return f"{part}\n"
    inner = [condition(dice, of, depth + 1) for _ in range(2)]
    return dice.choice(("({}) and ({})", "({}) or ({})", "not ({}) and ({})")).format(*inner)


def rules(dice: Random) -> Iterator[tuple[Invariant, str]]:
    """Invariants of both tables, and the SQL that each comes down to."""
    for n in range(12):
        table, other = dice.sample(("first", "second"), 2)
        if dice.random() < 0.4:
            rule = condition(dice, ("child.", "parent."))
            given = {"columns": ["child.id"], "parent": ("up", f"{other}.id")}
            source = f"{table} as child left join {other} as parent on parent.id = child.up"
        else:
            rule, given, source = condition(dice, ("",)), {}, table
        shown = "child.id" if given else "id"
        sql = f"select {shown}::text from {source} where {rule} order by {shown}"
        yield ruled(rule, f"rule_{n}", table, **given), sql


@pytest.mark.parametrize("seed", range(8))
def test_what_is_asked_together_is_answered_as_if_alone(
    database: Database, systems: Opened, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(ahead, "CAP", CAP)
    monkeypatch.setattr(batch, "FEW", FEW)
    monkeypatch.setattr(together, "CHUNK", FEW)
    dice = Random(seed)  # noqa: S311  # no secret
    for table in ("first", "second"):
        made = HOLDING.format(table=table, odd=dice.choice((1, 3, 7)), rows=dice.choice((9, 60)))
        database.execute(made)
    asked, alike = zip(*rules(dice), strict=True)

    found = told(systems(more=f"connections = {1 + seed % 2}"), *asked)

    with database.connect() as connection:
        for outcome, sql in zip(found, alike, strict=True):
            alone = [key for (key,) in connection.execute(sql.encode())]
            assert outcome is not None, sql
            assert set(keys(outcome)) <= set(alone), sql
            assert outcome.count == min(len(alone), CAP), sql
            assert outcome.counted_all is (len(alone) <= CAP), sql
