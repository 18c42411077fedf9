"""People of the systems: whatever names somebody is found, and a deletion leaves nothing of it."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from fix_database import opened
from systems import scenes
from trueup import catalog
from trueup.export.document import WHOLE, document
from trueup.export.parts import SOUNDS_SECRET, SPELT, parts
from trueup.library.belongings import Belongings
from trueup.library.mirror import LIVE
from trueup.library.person import Fate, Person
from trueup.library.shape import Condition, Link, Shape, Table
from trueup.model.invariant import Invariant
from trueup.model.plan import Plan
from trueup.primary import typed
from trueup.primary.applied import Applied
from trueup.replica.reader import Reader
from trueup.sample import systems as worlds
from trueup.sample.stripe import account as accounts_of_stripe

SYSTEMS = [name for name in scenes.systems() if catalog.person(scenes.ROOT, name)]

Scenes = Callable[[str], scenes.Scene]

MANY = 5
"""Tables in which whoever is deleted is named, at least; else the test would say little."""

Texts = dict[str, set[str]]
"""Rows as text, by table."""


@pytest.mark.parametrize("system", SYSTEMS)
def test_whatever_names_somebody_is_found(scene: Scenes, system: str) -> None:
    found = scene(system)
    found.plant()
    every = everything(found)
    tables: set[str] = set()

    with asked(found) as reader:
        shape = Shape(reader, person(system))
        for who in accounts(reader, shape):
            named = naming(every, who)
            walked = rows_of(reader, Belongings(reader, shape, who))
            missed = {table: rows - walked.get(table, set()) for table, rows in named.items()}
            assert {table: rows for table, rows in missed.items() if rows} == {}, who
            tables |= named.keys()

    assert len(tables) >= MANY


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_declared_tie_is_there_or_may_be_absent(scene: Scenes, system: str) -> None:
    found = scene(system)
    found.plant()

    with asked(found) as reader:
        there = {link.name for link in Shape(reader, person(system)).links}

    required = {said for said, tie in person(system).ties.items() if not tie.may_be_absent}
    assert required <= there


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_deleted_user_leaves_nothing_but_what_is_declared(scene: Scenes, system: str) -> None:
    found = scene(system)
    found.plant()
    who = leaving(found)
    before = naming(everything(found), who)
    with asked(found) as reader:
        may_stay = remains(Belongings(reader, Shape(reader, person(system)), who))

    plan, applied = delete(found, who)

    assert (applied.exit_code, len(before) >= MANY) == (0, True)
    left = naming(everything(found), who)
    with asked(found) as reader:
        declared = set().union(*(texts(reader, table, rows) for table, rows in may_stay))
    undeclared = {table: rows - declared for table, rows in left.items()}
    assert {table: rows for table, rows in undeclared.items() if rows} == {}
    assert set(scenes.named(found.outcomes())) <= {
        one.name for one in found.invariants if waits_for_a_person(one, plan)
    }


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_export_has_every_row_that_names_them_and_no_secret(scene: Scenes, system: str) -> None:
    found = scene(system)
    found.plant()
    who = leaving(found)
    named = naming(everything(found), who)
    written: list[str] = []

    with asked(found) as reader:
        whose = Belongings(reader, Shape(reader, person(system)), who)
        told = document(reader, whose, {}, [], written.append)
        hidden = secrets_of(reader, whose)

    exported = json.loads("".join(written))
    tables = {**exported["tables"], **exported["left_out"]}
    others = exported["named_in"]
    for table, rows in named.items():
        label = table.removeprefix("public.")
        known = tables[label]
        assert known == WHOLE or len(known) + len(others.get(label, ())) >= len(rows), table
    assert sum(told.rows.values()) >= MANY
    assert hidden
    assert not {secret for secret in hidden if secret in json.dumps(exported["tables"])}


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_a_deletion_took_is_kept_nowhere(scene: Scenes, system: str) -> None:
    found = scene(system)
    found.plant()
    plan, applied = delete(found, leaving(found))

    with found.database.connect() as connection:
        images = connection.execute(
            "select count(*) filter (where before is not null or after is not null), count(*)"
            " from trueup.journal_rows where entry = any(%s)",
            [list(applied.entries)],
        ).fetchone()

    assert images == (0, len(applied.moved))
    assert (applied.undo, plan.undo is not None) == ((), True)


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_others_have_in_their_name_is_given_to_the_heir(scene: Scenes, system: str) -> None:
    found = scene(system)
    found.plant()
    for link in given(found):
        who, heir = giver(found, link)
        _, applied = delete(found, who)
        with asked(found) as reader:
            names = named_in(reader, link)
        assert (applied.exit_code, who in names, heir in names) == (0, False, True)
        found.plant()


@pytest.mark.parametrize("system", SYSTEMS)
def test_whoever_pays_is_not_deleted_before_stripe_stops(scene: Scenes, system: str) -> None:
    found = scene(system)
    found.plant()
    plans = [planned(found, who) for who in paying(found)[:2]]

    assert all(not plan.does_something and plan.steps for plan in plans)
    assert bool(plans) == bool(person(system).customer)


def waits_for_a_person(one: Invariant, plan: Plan) -> bool:
    """What Stripe and a storage without a service still have of them is in the plan's steps."""
    files = not plan.calls and "storage.objects" in one.over.values()
    return bool(plan.steps) and ("stripe" in one.asks or files)


def planned(found: scenes.Scene, who: str) -> Plan:
    fix = catalog.find_fix(found.project.root, found.system, "delete_user")
    rows = typed.checked(fix, typed.from_words([f"user_id={who}"]))
    return found.plan("delete_user", rows=rows)


def delete(found: scenes.Scene, who: str) -> tuple[Plan, Applied]:
    plan = planned(found, who)
    return plan, found.apply(plan)


def person(system: str) -> Person:
    found = catalog.person(scenes.ROOT, system)
    assert found is not None
    return found


def accounts(reader: Reader, shape: Shape) -> list[str]:
    table, (column,) = shape.account
    rows = reader.rows(f'select "{column}"::text as who from {table.sql} order by 1')
    return [str(row["who"]) for row in rows]


def everybody(found: scenes.Scene) -> list[str]:
    with asked(found) as reader:
        return accounts(reader, Shape(reader, person(found.system)))


def leaving(found: scenes.Scene) -> str:
    """Of those who pay nothing, whoever is named in most tables."""
    every, pays = everything(found), paying(found)
    free = [who for who in everybody(found) if who not in pays]
    return max(free, key=lambda who: len(naming(every, who)))


def paying(found: scenes.Scene) -> list[str]:
    """Those whose customer has a live subscription in Stripe."""
    file = worlds.account_file(found.cluster, scenes.folder(found.system))
    table, _, _ = person(found.system).customer.rpartition(".")
    if file is None or not table:
        return []
    subscriptions = accounts_of_stripe.read(file).objects["subscriptions"].values()
    live = [str(one["customer"]) for one in subscriptions if one["status"] in LIVE]
    rows = everything(found)[table if "." in table else f"public.{table}"]
    served = [row for row in rows if any(customer in row for customer in live)]
    return [who for who in everybody(found) if any(who in row for row in served)]


def given(found: scenes.Scene) -> list[Link]:
    """The links whose rows are given to another; each has some in the sample."""
    with asked(found) as reader:
        links = Shape(reader, person(found.system)).links
    return [link for link in links if link.fate is Fate.GIVEN]


def giver(found: scenes.Scene, link: Link) -> tuple[str, str]:
    """Somebody in whose name such rows are, and who is to have them."""
    assert link.tie is not None
    heir = str(found.settings[link.tie.heir])
    with asked(found) as reader:
        return next(who for who in named_in(reader, link) if who not in (heir, "None")), heir


def named_in(reader: Reader, link: Link) -> list[str]:
    rows = reader.rows(f'select "{link.columns[0]}"::text as who from {link.child.sql} order by 1')
    return [str(row["who"]) for row in rows]


def secrets_of(reader: Reader, whose: Belongings) -> set[str]:
    """What an export leaves out of the person's rows, where it is a text that sounds secret."""
    found: set[str] = set()
    for part in parts(whose):
        for name in part.left_out:
            column = f'"{name}"::text as secret'
            sql = f"select {column} from {part.table.sql} where {part.whole.sql}"
            if SOUNDS_SECRET.search(name) and part.table.types[name] in SPELT:
                rows = reader.rows(sql, **part.whole.given)
                found |= {str(row["secret"]) for row in rows if row["secret"]}
    return found


def remains(whose: Belongings) -> list[tuple[Table, Condition]]:
    """Rows that are declared to stay, or that the storage's own interface has to delete."""
    fates = (Fate.STAYS, Fate.STORED)
    return [(link.child, whose.by(place)) for place, link in whose.reached() if link.fate in fates]


def rows_of(reader: Reader, whose: Belongings) -> Texts:
    """Every row that the walk leads to, whatever becomes of it."""
    account = whose.shape.account[0]
    rows: Texts = {plain(account): texts(reader, account, whose.account)}
    for place, link in whose.reached():
        found = texts(reader, link.child, whose.by(place))
        rows.setdefault(plain(link.child), set()).update(found)
    return rows


def everything(found: scenes.Scene) -> dict[str, Sequence[str]]:
    """Every row of every table as text, in which a uuid and JSON stand as they are written."""
    return {table.replace('"', ""): rows for table, rows in found.bytes().items()}


def naming(every: dict[str, Sequence[str]], who: str) -> Texts:
    """The rows in which somebody's id stands, wherever it does."""
    named = {table: {text for text in rows if who in text} for table, rows in every.items()}
    return {table: rows for table, rows in named.items() if rows}


def texts(reader: Reader, table: Table, condition: Condition) -> set[str]:
    sql = f"select t::text as row from {table.sql} as t where {condition.sql}"
    return {str(row["row"]) for row in reader.rows(sql, **condition.given)}


def plain(table: Table) -> str:
    return f"{table.schema}.{table.name}"


@contextmanager
def asked(found: scenes.Scene) -> Iterator[Reader]:
    found.cluster.wait_for_replay()
    with opened(found.database) as session, session.reading() as reader:
        yield reader
