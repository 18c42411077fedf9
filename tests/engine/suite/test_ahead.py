"""Evaluation ahead: it answers what evaluation alone answers, with fewer statements."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fix_database import Database
from fix_systems import GOODS, NOW, Opened, asking
from patience import until
from trueup import invariant
from trueup.ahead import planned
from trueup.errors import ConfigError, QueryError
from trueup.model.invariant import Invariant, Row
from trueup.model.verdict import Outcome, Verdict
from trueup.model.violation import key_text
from trueup.replica import transaction
from trueup.replica.dsn import Dsn
from trueup.replica.reader import Reader
from trueup.replica.together import Together
from trueup.suite.ahead import Ahead
from trueup.suite.opened import Systems
from trueup.suite.source import Source

SLOW = "select max(a * b) as id from generate_series(1, 9999999) a, generate_series(1, 9999999) b"
RUNNING = """
    select count(*) from pg_stat_activity
    where application_name = 'trueup/test' and state = 'active'
      and query like '%max(a * b)%'
"""

LINGERING = """
    create function lingers(int) returns numeric stable language sql as $$
        select sum(a * b) + $1 from generate_series(1, 3000) a, generate_series(1, 3000) b
    $$;
"""

BUMP = "create function bump(int) returns int language sql as 'select $1 + 1';"


def ruled(rule: str, name: str, table: str = "goods", columns: Any = ("id",), **given) -> Invariant:
    """An invariant of the shop that states a rule on one table."""
    options: dict[str, Any] = {"severity": "P1", "over": table, "fix": "none"}
    options |= {
        key: given.pop(key) for key in ("over", "may_be_empty", "calls", "key") if key in given
    }

    def ask(replica: Reader) -> Iterable[Row]:
        """Somebody is harmed."""
        return replica.where(table, rule, columns=columns, **given)

    return invariant(**options)(ask).named("shop", f"test_{name}", Path(__file__))


def told(run: Systems, *asked: Invariant) -> list[Outcome | None]:
    """What was found ahead, None for what was not."""
    run.begin(asked, NOW)
    return [run._aheads["shop"].outcome(one) for one in asked]


def keys(outcome: Outcome | None) -> list[str]:
    assert outcome is not None
    return [key_text(violation.key) for violation in outcome.violations]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each statement that goes out with others."""
    texts: list[str] = []
    asked = Together.ask

    def ask(self: Together, sent: Any, **given: Any) -> Any:
        texts.extend(text for text, _ in sent)
        return asked(self, sent, **given)

    monkeypatch.setattr(Together, "ask", ask)
    return texts


@pytest.mark.parametrize("large", [1, 1000])
def test_a_rule_that_an_index_serves_is_in_no_scan_of_a_large_table(
    database: Database,
    systems: Opened,
    sent: list[str],
    monkeypatch: pytest.MonkeyPatch,
    large: int,
) -> None:
    monkeypatch.setattr("trueup.ahead.indexed.LARGE", large)
    database.execute(
        "create table wide as select n as id, repeat('w', 500) as text"
        " from generate_series(1, 5000) n;"
        "create unique index on wide (id); analyze wide"
    )
    served = ruled("id < :least", "no_id_is_low", "wide", least=3)
    scans = [ruled(f"text = '{one}'", f"no_text_is_{one}", "wide") for one in "ab"]
    broken = ruled("nonsense", "nobody_can_say", "wide")

    found = told(systems(), served, *scans)

    assert [keys(one) for one in found] == [["1", "2"], [], []]
    [scan] = [text for text in sent if "array_agg" in text and "explain" not in text]
    assert ("id < " in scan) is (large == 1000)
    assert told(systems(), served, broken)[1] is None
    assert keys(told(systems(), served, broken)[0]) == ["1", "2"]


@pytest.mark.parametrize("connections", [1, 2, 4])
def test_rules_on_one_table_are_judged_in_one_scan(
    database: Database, systems: Opened, sent: list[str], connections: int
) -> None:
    database.execute(GOODS)
    high = ruled("price > :most", "no_good_is_dear", most=18, columns=["id", "price"])
    low = ruled("price < :most", "no_good_is_cheap", most=3)
    none = ruled("price = 100 or :most % 7 = 1", "no_good_is_priceless", most=3)

    found = told(systems(more=f"connections = {connections}"), high, low, none)

    assert [keys(one) for one in found] == [["19", "20"], ["1", "2"], []]
    assert [one.judged for one in found if one] == [{"goods": 20}] * 3
    assert found[0] is not None
    assert dict(found[0].violations[0].row) == {"id": 19, "price": 19}
    assert len([text for text in sent if "from goods" in text and "count(*)" in text]) == 1


def test_a_rule_that_fails_hides_no_other(database: Database, systems: Opened) -> None:
    database.execute(GOODS)
    fails = ruled("1 / (price - 7) > 5", "no_good_is_odd")
    asked = [ruled(f"price = {n}", f"no_good_costs_{n}") for n in (3, 4)]

    run = systems()
    found = told(run, asked[0], fails, asked[1])

    assert found[1] is None
    assert [keys(found[0]), keys(found[2])] == [["3"], ["4"]]
    assert "22012" in run.outcome(fails, NOW).reason


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (["id", "gone -- since the migration"], 'column "gone" does not exist'),
        (["raw"], "ordering operator for type json"),
        (["count(*) as sold"], ""),
    ],
)
def test_what_cannot_be_shown_is_told_also_where_nothing_breaks_the_rule(
    database: Database, systems: Opened, columns: Any, says: str
) -> None:
    database.execute(GOODS + "alter table goods add raw json")
    fails = ruled("price < 0", "no_good_is_given_away", columns=columns)
    sound = ruled("price = :n", "no_good_costs_three", columns=["id", ":n as n"], n=3)

    run = systems()
    found = told(run, fails, sound)

    outcome = found[0] or run.outcome(fails, NOW)
    assert says in outcome.reason
    assert outcome.verdict is (Verdict.UNKNOWN if says else Verdict.VIOLATED)
    assert keys(found[1]) == ["3"]


def test_a_table_that_is_not_there_hides_no_other(database: Database, systems: Opened) -> None:
    database.execute(GOODS)
    gone = ruled("true", "nothing_is_lost", table="lost")

    found = told(systems(), gone, asking("select id from goods where price = 9"))

    assert found[0] is None
    assert keys(found[1]) == ["9"]


@pytest.mark.parametrize("rule", ["id in (select 1)", "exists (table goods) -- select"])
def test_a_rule_that_looks_at_other_rows_is_left_to_its_turn(
    database: Database, systems: Opened, rule: str
) -> None:
    database.execute(GOODS)
    run = systems()
    one = ruled(rule, "no_good_is_like_another")

    assert told(run, one) == [None]
    assert run.outcome(one, NOW).verdict is Verdict.UNKNOWN


def test_a_place_that_partitions_have_in_common_names_no_other_row(
    database: Database, systems: Opened, sent: list[str]
) -> None:
    database.execute(
        "create table goods (id int, price int) partition by list (price);"
        "create table cheap partition of goods for values in (1);"
        "create table dear partition of goods for values in (2);"
        "insert into goods select i, 1 + i % 2 from generate_series(1, 8) i;"
    )

    [found] = told(systems(), ruled("id = 7 or id = 2", "no_good_is_odd"))

    assert keys(found) == ["2", "7"]
    assert found is not None
    assert found.judged == {"goods": 8}
    assert any("array_agg" in text or "filter" in text for text in sent)


def test_a_view_is_asked_as_it_is(database: Database, systems: Opened, sent: list[str]) -> None:
    database.execute(GOODS + "create view dear as select * from goods where price > 10")

    assert keys(told(systems(), ruled("price > 19", "no_good_is_dear", table="dear"))[0]) == ["20"]
    assert not any("array_agg" in text or "filter" in text for text in sent)


def test_more_than_the_cap_is_cut(database: Database, systems: Opened) -> None:
    database.execute(GOODS + "insert into goods select i, 0 from generate_series(21, 12000) i;")
    rule = ruled("price = 0", "no_good_is_free")
    question = asking("select id from goods where price = 0", "no_good_is_given")

    for found in told(systems(), rule, question):
        assert found is not None
        assert (found.count, found.counted_all) == (10_000, False)


def test_a_scan_lists_no_more_than_it_names_however_many_it_meets(
    database: Database, systems: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = "insert into goods select i, {} from generate_series({}) i;"
    database.execute(GOODS + many.format(0, "21, 25000") + many.format(99, "25001, 37000"))
    listed: list[int] = []
    asked = Together.ask

    def ask(self: Together, sent: Any, **given: Any) -> Any:
        found = asked(self, sent, **given)
        scans = [one for (text, _), one in zip(sent, found, strict=True) if "array_agg" in text]
        listed.extend(count for one in scans for count in one.rows[0][2:-1:2])
        return found

    monkeypatch.setattr(Together, "ask", ask)
    rules = (ruled("price = 0", "no_good_is_free"), ruled("price > 20", "no_good_is_FREE"))
    free, costly, cheap = told(
        systems(), *rules, ruled("price between 1 and 3", "no_good_is_cheap")
    )

    assert listed == [10_001, 10_001, 3]
    assert free is not None
    assert costly is not None
    assert [(one.count, one.counted_all) for one in (free, costly)] == [(10_000, False)] * 2
    assert keys(cheap) == ["1", "2", "3"]


def test_rows_of_which_nothing_is_known_do_not_take_the_place_of_those_that_break_a_rule(
    database: Database, systems: Opened
) -> None:
    nulls = "insert into goods select i, null from generate_series(21, 12000) i;"
    last = "insert into goods values (12001, 0)"
    database.execute(GOODS + "alter table goods alter price drop not null;" + nulls + last)
    rules = (ruled("price < 1", "no_good_is_free"), ruled("price > 19", "no_good_is_dear"))
    children = "create table sold as select id, id as good from goods"
    database.execute(children)
    joined = [
        ruled(rule, name, "sold", columns=["child.id"], parent=("good", "goods.id"))
        for rule, name in (("parent.price < 1", "free"), ("parent.price > 19", "dear"))
    ]

    assert [keys(one) for one in told(systems(), *rules, *joined)] == [["12001"], ["20"]] * 2


def test_nothing_to_judge_is_unknown(database: Database, systems: Opened) -> None:
    database.execute("create table goods (id int, price int)")
    strict, lenient = (
        ruled("price = 0", f"no_good_is_free_{may}", may_be_empty=may) for may in (False, True)
    )

    verdicts = [one and one.verdict for one in told(systems(), strict, lenient)]

    assert verdicts == [Verdict.UNKNOWN, Verdict.HOLDS]


def test_a_percent_sign_in_a_rule_is_no_parameter(database: Database, systems: Opened) -> None:
    database.execute(GOODS)
    rule = ruled("price % 10 = :rest and price::text like '%1%'", "no_good_is_odd", rest=1)

    assert keys(told(systems(), rule)[0]) == ["1", "11"]


def test_what_an_invariant_does_itself_is_left_to_its_turn(database, systems: Opened) -> None:
    database.execute(GOODS)

    def ask(replica: Reader) -> Iterable[Row]:
        """Somebody is harmed."""
        return [row for row in replica.rows("select id from goods") if row["id"] == 4]

    one = invariant(severity="P1", over="goods", fix="none")(ask)
    one = one.named("shop", "test_no_good_is_the_fourth", Path(__file__))
    run = systems()

    assert told(run, one) == [None]
    assert keys(run.outcome(one, NOW)) == ["4"]


def test_what_is_being_asked_is_stopped_at_the_end(database: Database, systems: Opened) -> None:
    database.execute(GOODS)
    run = systems()
    first = [asking(SLOW, f"no_good_waits_{n}") for n in range(2)]
    run._aheads["shop"] = ahead = Ahead(run.sources["shop"], lambda: run.sources.another("shop"), 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trueup.ahead.planned.TOGETHER", 1)
        ahead.begin(first, {"now": NOW, "settings": {}})
    with database.connect("postgres", "standby") as standby:
        until(lambda: standby.execute(RUNNING).fetchone() == (1,))

        run.close()

        until(lambda: standby.execute(RUNNING).fetchone() == (0,), within=5)


@pytest.mark.parametrize("begins", [True, False])
def test_what_costs_too_much_is_unknown_before_it_is_asked(
    database: Database, systems: Opened, begins: bool
) -> None:
    database.execute(GOODS + "insert into goods select i, i from generate_series(21, 9000) i;")
    database.execute("analyze goods")
    cheap = asking("select id from goods where id = 7", "no_good_is_the_seventh")
    dear = asking("select id from goods where price % 7 = 8", "no_good_is_odd", key="id")
    run = systems(more="max_cost = 100")
    if begins:
        run.begin([cheap, dear], NOW)

    assert keys(run.outcome(cheap, NOW)) == ["7"]
    found = run.outcome(dear, NOW)
    assert found.verdict is Verdict.UNKNOWN
    assert "more than max_cost = 100: seq scan on goods, about 45 rows" in found.reason
    assert "max_cost in trueup.toml" in found.remedy


def test_what_takes_too_long_is_not_asked_again(
    database: Database, systems: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute(GOODS)
    run = systems(more="statement_timeout = 0.2")
    slow = asking(SLOW, "no_good_waits")
    monkeypatch.setattr(run, "_evaluated", None)

    run.begin([slow], NOW)
    found = run.outcome(slow, NOW)

    assert "(57014)" in found.reason
    assert found.sql == (SLOW,)


@pytest.mark.parametrize("more", ["connections = 0", "connections = 9", "connections = 1.5"])
def test_connections_are_a_few(database: Database, systems: Opened, more: str) -> None:
    with pytest.raises(ConfigError, match="connections"):
        systems(more=more)


def test_columns_of_one_name_are_told_at_their_turn(database: Database, systems: Opened) -> None:
    database.execute(GOODS)
    run = systems()
    one = asking("select id, price as id from goods where price = 5", "no_good_is_the_fifth")

    assert told(run, one) == [None]
    assert "two columns named 'id'" in run.outcome(one, NOW).reason


def test_a_percent_sign_in_a_table_is_no_parameter(database: Database, systems: Opened) -> None:
    database.execute('create table "50%s" (id int); insert into "50%s" values (1), (2)')

    assert keys(told(systems(), ruled("id = :x", "it_is_not_2", table="50%s", x=2))[0]) == ["2"]


def test_a_percent_sign_in_what_is_judged_is_no_parameter(
    database: Database, systems: Opened
) -> None:
    database.execute(GOODS + "alter table goods add note text default '100%'")
    judged = {"whole goods": "(select from goods where note = '100%')"}

    [found] = told(systems(), ruled("id = 2", "no_good_is_the_second", over=judged))

    assert keys(found) == ["2"]
    assert found is not None
    assert found.judged == {"whole goods": 20}


def test_what_is_judged_calls_no_function_that_only_another_names(
    database: Database, systems: Opened
) -> None:
    database.execute(GOODS + BUMP)
    run = systems()
    names = ruled("bump(price) = 8", "no_good_is_bumped_to_8", calls=["bump"])
    judged = {"goods": "(select from goods where bump(price) > 0)"}
    hides = ruled("price = 9", "no_price_is_9", over=judged)

    assert told(run, hides, names)[0] is None
    assert "'bump', which is volatile" in run.outcome(hides, NOW).reason


def test_one_that_gets_no_connection_leaves_its_work_to_the_others(
    database: Database, systems: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute(GOODS)
    monkeypatch.setattr("trueup.ahead.planned.TOGETHER", 1)
    monkeypatch.setattr("trueup.replica.retry.PAUSES", (0.05, 0.05))
    run = systems()
    nowhere = Dsn("postgresql://reader:x@127.0.0.1:1/shop", "NOWHERE_URL")
    deaf = Source(replace(run.environments["shop"], replica=nowhere), run.folder, "trueup/test")
    asked = [asking(f"select id from goods where id = {n}", f"no_good_is_{n}") for n in range(1, 9)]
    ahead = Ahead(run.sources["shop"], lambda: deaf, 3)

    ahead.begin(asked, {"now": NOW, "settings": {}})
    found = [ahead.outcome(one) for one in asked]
    ahead.close()

    assert [keys(one) for one in found] == [[str(n)] for n in range(1, 9)]


@pytest.mark.parametrize(
    ("words", "begun"),
    [([], 3), (["-k", "buyer"], 1), (["--collect-only"], 0), (["-n", "1"], 0)],
    ids=["all", "some", "only listed", "in workers"],
)
def test_only_what_is_selected_and_will_run_is_asked_ahead(
    pytester, shop, monkeypatch: pytest.MonkeyPatch, words: list[str], begun: int
) -> None:
    asked: list[int] = []
    begin = Systems.begin

    def counted(self: Systems, invariants: Sequence[Invariant], *rest: Any) -> None:
        asked.append(len(invariants))
        begin(self, invariants, *rest)

    monkeypatch.setattr(Systems, "begin", counted)

    pytester.runpytest("invariants", "--env", "staging", "-p", "no:randomly", *words)

    assert sum(asked) == begun


def test_what_lies_outside_is_left_to_its_turn(
    database: Database, systems: Opened, sent: list[str]
) -> None:
    database.execute(GOODS)
    run = systems(more='[systems.shop.settings]\nadmins = ["u1"]')

    @invariant(severity="P1", over="settings.admins", fix="none")
    def judged(replica: Reader, settings: object) -> Iterable[Row]:
        """Somebody is harmed."""
        return replica.rows("select id from goods where price = 6")

    one = judged.named("shop", "test_no_good_is_an_admins", Path(__file__))

    assert told(run, one) == [None]
    assert sent == []
    assert run.outcome(one, NOW).judged == {"settings.admins": 1}


@pytest.mark.parametrize("worth", [0, planned.WORTH], ids=["alone", "together"])
@pytest.mark.parametrize("price", [6, -6], ids=["broken", "sound"])
def test_rows_without_their_key_are_told_at_their_turn(
    database: Database, systems: Opened, price: int, worth: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute(GOODS)
    monkeypatch.setattr("trueup.ahead.planned.WORTH", worth)
    run = systems()
    asked = [
        asking(f"select price from goods where price = {price}", key="id"),
        ruled(f"price = {price}", "no_price_is_it", columns=["price"], key=["price", "id"]),
        ruled("price < 0", "no_price_is_below_zero", key="id"),
    ]

    assert [one is None for one in told(run, *asked)] == [True, True, False]
    assert "have no column 'id'" in run.outcome(asked[0], NOW).reason
    assert "'id', by which key names" in run.outcome(asked[1], NOW).reason


def test_whether_there_are_rows_is_asked_at_its_turn(database: Database, systems: Opened) -> None:
    database.execute(GOODS)
    run = systems()

    @invariant(severity="P1", over="goods", fix="none")
    def judged(replica: Reader) -> Iterable[Row]:
        """Somebody is harmed."""
        dear = replica.rows("select id from goods where price > 20")
        return [] if dear else [{"id": 21}]

    one = judged.named("shop", "test_some_good_is_dear", Path(__file__))

    assert told(run, one) == [None]
    assert keys(run.outcome(one, NOW)) == ["21"]


def test_a_scan_that_takes_too_long_is_not_asked_again_with_others(
    database: Database, systems: Opened, sent: list[str]
) -> None:
    database.execute(GOODS + LINGERING)
    slow = ruled("lingers(price) > 0", "no_good_lingers")
    quick = [ruled(f"price = {n}", f"no_good_costs_{n}") for n in (3, 4)]

    found = told(systems(more="statement_timeout = 0.5"), quick[0], slow, quick[1])

    assert [keys(found[0]), keys(found[2])] == [["3"], ["4"]]
    assert found[1] is not None
    assert "(57014)" in found[1].reason
    assert len([text for text in sent if "lingers" in text]) == 1


def test_a_rule_is_merged_whatever_it_judges(
    database: Database, systems: Opened, sent: list[str]
) -> None:
    database.execute(GOODS)
    over = {"dear goods": "(select from goods where price > 10)"}
    some = ruled("price = 15", "no_good_costs_15", over=over)
    every = ruled("price = 4", "no_good_costs_4")

    found = told(systems(), some, every)

    assert [(keys(one), one and one.judged) for one in found] == [
        (["15"], {"dear goods": 10}),
        (["4"], {"goods": 20}),
    ]
    assert len([text for text in sent if "array_agg" in text or "filter" in text]) == 1


@pytest.mark.parametrize("calls", [(), ("bump",)])
def test_a_volatile_function_is_not_called_ahead_unless_named(
    database: Database, systems: Opened, sent: list[str], calls: tuple[str, ...]
) -> None:
    database.execute(GOODS + BUMP)
    rule = ruled("bump(price) = 21", "no_good_is_bumped", calls=calls)
    question = asking("select id from goods where bump(price) = 3", "no_good_bumps", calls=calls)
    run = systems()

    found = told(run, rule, question)

    assert [one and keys(one) for one in found] == ([["20"], ["2"]] if calls else [None, None])
    assert bool(calls) is any("bump" in text for text in sent)
    assert calls or "volatile" in run.outcome(rule, NOW).reason


def test_timestamps_of_two_kinds_are_not_compared_ahead(
    database: Database, systems: Opened
) -> None:
    database.execute(GOODS + "alter table goods add made timestamp default '2026-11-02 12:00'")
    mixed = ruled("made < :now", "no_good_is_old", now=NOW)
    run = systems()

    assert told(run, mixed) == [None]
    assert "without time zone" in run.outcome(mixed, NOW).reason


FAMILIES = """
    create table parents (id int{unique}, owner int);
    insert into parents select n, n from generate_series(1, 10) n;
    create table children (id int primary key, parent_id int, owner int);
    insert into children select n, n, n from generate_series(1, 12) n;
    update children set owner = 99 where id in (3, 4);
    update children set parent_id = null where id = 5;
"""


def related(rule: str, name: str, columns: Any = ("child.id",), **given: Any) -> Invariant:
    """An invariant that states a rule on a child and the parent that it names."""
    return ruled(rule, name, "children", columns, parent=("parent_id", "parents.id"), **given)


ORPHAN = related("child.parent_id is not null and parent.id is null", "every_child_has_its_parent")
ANOTHERS = related(
    "child.owner <> parent.owner",
    "every_child_is_of_its_parents_owner",
    columns=["child.id", "parent.owner as right"],
)


def test_rules_on_a_child_and_its_parent_are_judged_in_one_join(
    database: Database, systems: Opened, sent: list[str]
) -> None:
    database.execute(FAMILIES.format(unique=" primary key"))
    few = related("child.owner = :most", "no_child_is_of_the_last", most=12)

    run = systems()
    found = told(run, ORPHAN, ANOTHERS, few)
    alone = [run._evaluated(one, NOW) for one in (ORPHAN, ANOTHERS, few)]

    assert [keys(one) for one in found] == [["11", "12"], ["3", "4"], ["12"]]
    assert [keys(one) for one in alone] == [keys(one) for one in found]
    assert [one.sql for one in found if one] == [one.sql for one in alone]
    assert [one.judged for one in found if one] == [{"children": 12}] * 3
    assert found[1] is not None
    assert dict(found[1].violations[0].row) == {"id": 3, "right": 3}
    [judging] = [text for text in sent if "array_agg(child.ctid)" in text]
    assert " where (" in judging, "a join whose every row is gathered is slow"


@pytest.mark.parametrize(
    "unique", ["", ", unique (id, owner)", ", exclude (id with =) where (id > 2)"]
)
def test_a_parent_that_may_come_twice_is_not_joined_for_several(
    database: Database, systems: Opened, sent: list[str], unique: str
) -> None:
    made = "create table parents (id int, owner int{unique})"
    database.execute(
        FAMILIES.replace("create table parents (id int{unique}, owner int)", made).format(
            unique=unique
        )
    )
    database.execute("insert into parents values (4, 44), (4, 45)") if not unique else None

    run = systems()
    found = told(run, ORPHAN, ANOTHERS)
    alone = [run._evaluated(one, NOW) for one in (ORPHAN, ANOTHERS)]

    assert [keys(one) for one in found] == [keys(one) for one in alone]
    assert not [text for text in sent if "array_agg(child.ctid)" in text]


def test_one_rule_of_a_join_that_fails_hides_no_other(database: Database, systems: Opened) -> None:
    database.execute(FAMILIES.format(unique=" primary key"))
    fails = related("1 / (child.owner - parent.owner - 96) > 5", "no_child_is_odd")

    found = told(systems(), ORPHAN, fails, ANOTHERS)

    assert found[1] is None
    assert [keys(found[0]), keys(found[2])] == [["11", "12"], ["3", "4"]]


@pytest.mark.parametrize("others", [0, 1])
def test_a_column_that_is_gone_is_told_where_every_child_has_its_parent(
    database: Database, systems: Opened, others: int
) -> None:
    database.execute(FAMILIES.format(unique=" primary key") + "delete from children where id > 10;")
    gone = related(
        "child.parent_id is not null and parent.id is null", "all_is_well", columns=["child.gone"]
    )

    run = systems()
    found = told(run, gone, *[ANOTHERS] * others)

    assert found[0] is None
    assert "child.gone does not exist" in run.outcome(gone, NOW).reason
    assert [keys(one) for one in found[1:]] == [["3", "4"]] * others


def test_a_parent_that_is_no_column_is_told_at_its_turn(
    database: Database, systems: Opened
) -> None:
    database.execute(FAMILIES.format(unique=" primary key"))
    wrong = ruled("child.id < 0", "it", "children", ["child.id"], parent=("parent_id", "parents"))

    run = systems()

    assert told(run, wrong) == [None]
    assert "'parents' is no column" in run.outcome(wrong, NOW).reason


def test_a_rule_on_a_parent_by_itself_is_found_by_what_the_rows_refer_to(
    database: Database, systems: Opened, sent: list[str]
) -> None:
    database.execute(FAMILIES.format(unique=" primary key"))
    database.execute("insert into children values (13, 12, 1), (14, 11, 1)")  # shared keys

    run = systems()
    [found] = told(run, ORPHAN)
    alone = run._evaluated(ORPHAN, NOW)

    assert keys(found) == keys(alone) == ["11", "12", "13", "14"]
    assert found is not None
    assert found.sql == alone.sql
    assert [text for text in sent if "child.parent_id = any(%(trueup_found)s)" in text]


@pytest.mark.parametrize(("servers", "lower"), [(4, 2), (1.1, 1.1)])
def test_what_indexes_may_answer_is_planned_for_pages_that_cost_less(
    database: Database, systems: Opened, servers: float, lower: float
) -> None:
    database.execute(f"alter database {database.name} set random_page_cost = {servers}")
    asked = "select current_setting('random_page_cost')::float8, %(n)s::int4"

    def costs(reader: Reader) -> list[float]:
        together = Together(reader)
        by_index = together.ask_by_index([(asked, {"n": 1}), (asked, {"n": 2})])
        return [one.rows[0][0] for one in [*by_index, *together.ask([(asked, {"n": 3})])]]

    assert systems().sources["shop"].asked(costs) == [lower, lower, servers]


def test_only_a_reference_by_itself_is_asked_by_index(
    database: Database, systems: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute(FAMILIES.format(unique=" primary key"))
    monkeypatch.setattr("trueup.ahead.planned.TOGETHER", 1)
    texts: list[str] = []
    asked = Together.ask_by_index

    def ask(self: Together, sent: Sequence[Any]) -> Any:
        texts.extend(text for text, _ in sent)
        return asked(self, sent)

    monkeypatch.setattr(Together, "ask_by_index", ask)

    last = ruled("owner = 12", "no_child_is_of_the_last", "children")
    found = told(systems(), ORPHAN, last)

    assert [keys(one) for one in found] == [["11", "12"], ["12"]]
    [text] = texts
    assert "array_agg(child.parent_id)" in text


def test_what_an_enum_is_was_asked_when_the_session_opened(
    database: Database, systems: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trueup.replica.reader.enums", None)  # so that nobody asks again
    database.execute(GOODS)
    database.execute("create type size as enum ('s', 'm')")
    database.execute("alter table goods add size size, add note text")
    dear = ruled("price > 19", "no_good_is_dear", columns=["id", "size", "note"])

    [found] = told(systems(), dear)

    assert found is not None
    assert found.printable == {"id", "size"}


def test_a_row_that_refers_to_nothing_is_not_lost(database: Database, systems: Opened) -> None:
    database.execute(FAMILIES.format(unique=" primary key"))
    homeless = related("child.parent_id is null or child.id = 7", "every_child_has_a_home")

    [found] = told(systems(), homeless)

    assert keys(found) == ["5", "7"]


def test_many_rows_that_refer_to_nothing_are_not_lost(database: Database, systems: Opened) -> None:
    database.execute(FAMILIES.format(unique=" primary key"))
    database.execute("insert into children select n, null, n from generate_series(13, 1600) n")
    homeless = related("child.parent_id is null or child.id = 7", "every_child_has_a_home")

    [found] = told(systems(), homeless)

    assert found is not None
    assert (found.count, found.counted_all) == (1590, True)


@pytest.mark.parametrize("others", [[], [ANOTHERS]], ids=["by key", "by place"])
def test_what_is_counted_and_not_found_again_is_asked_whole(
    database: Database, systems: Opened, monkeypatch: pytest.MonkeyPatch, others: list[Invariant]
) -> None:
    database.execute(FAMILIES.format(unique=" primary key"))
    monkeypatch.setattr("trueup.ahead.merged.array", lambda _: "{}")

    found = told(systems(), ORPHAN, *others)

    assert keys(found[0]) == ["11", "12"]


def test_more_keys_than_the_cap_are_cut(database: Database, systems: Opened) -> None:
    database.execute(FAMILIES.format(unique=" primary key"))
    database.execute("insert into children select n, n, n from generate_series(13, 10062) n")

    [found] = told(systems(), ORPHAN)

    assert found is not None
    assert (found.count, found.counted_all) == (10_000, False)


def test_a_row_without_a_key_beyond_the_cap_is_not_counted_away(
    database: Database, systems: Opened
) -> None:
    database.execute(FAMILIES.format(unique=" primary key"))
    database.execute("insert into children select n, n, n from generate_series(13, 10062) n")
    rule = "parent.id is null and child.parent_id is distinct from 0"

    [found] = told(systems(), related(rule, "no_child_is_lost"))

    assert found is not None
    assert (found.count, found.counted_all) == (10_000, False)


RULES = """
    from trueup import invariant

    def on(n):
        @invariant(severity="P2", over="orders", fix="find")
        def judged(replica):
            \"\"\"Somebody is harmed.\"\"\"
            return replica.where("orders", f"id = {90 + n}", columns=["id"])
        return judged

    for n in range(20):
        globals()[f"test_no_order_is_{90 + n}"] = on(n)
"""


@pytest.mark.parametrize(
    ("words", "ahead"),
    [
        ([], True),
        (["-n", "2"], True),
        (["-n", "3"], True),
        (["-n", "2", "--dist", "loadfile"], False),
    ],
)
def test_each_worker_asks_its_share_ahead(pytester, shop, words: list[str], ahead: bool) -> None:
    pytester.makepyfile(**{"invariants/shop/test_rules": RULES})
    shop.execute("insert into orders values (91, 'paid', 'a', 'b'), (107, 'paid', 'a', 'b')")

    pytester.runpytest_subprocess("invariants", "--env", "staging", "-p", "no:randomly", *words)

    [path] = pytester.path.glob("reports/*/run.json")
    run = json.loads(path.read_text())
    broken = [one["name"] for one in run["records"] if one["verdict"] == "violated"]
    assert broken == ["no_order_is_107", "no_order_is_91"]
    assert len(run["records"]) == 23
    assert (run["systems"][0]["cost"]["transactions"] < 20) is ahead


EXITS = """
    import os
    from trueup import invariant

    @invariant(severity="P3", over="orders", fix="find")
    def test_nobody_stays(replica):
        \"\"\"Somebody is harmed.\"\"\"
        replica.count("orders")  # so that it is evaluated at its turn
        os._exit(3)
"""


def test_what_a_worker_leaves_that_crashed_is_evaluated_by_the_next(pytester, shop) -> None:
    pytester.makepyfile(
        **{"invariants/shop/test_a_first": EXITS, "invariants/shop/test_rules": RULES}
    )
    shop.execute("insert into orders values (91, 'paid', 'a', 'b'), (107, 'paid', 'a', 'b')")

    pytester.runpytest_subprocess(
        "invariants", "--env", "staging", "-p", "no:randomly", "-n", "2", "--max-worker-restart=1"
    )

    [path] = pytester.path.glob("reports/*/run.json")
    records = json.loads(path.read_text())["records"]
    assert len(records) == 23
    broken = [one["name"] for one in records if one["verdict"] == "violated"]
    assert broken == ["no_order_is_107", "no_order_is_91"]


KINDS = """
    create type kind as enum ('new', 'old');
    create table kinds as
    select n as id, case n % 2 when 0 then 'new' else 'old' end::kind as kind, 'x' || n as name
    from generate_series(1, 10050) n;
"""


@pytest.mark.parametrize("many", [3, 999, 1000, 1001, 10_000, 10_001])
def test_a_dear_question_gives_all_its_rows_and_what_may_be_shown(
    database: Database, systems: Opened, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    database.execute(KINDS)
    monkeypatch.setattr("trueup.ahead.planned.WORTH", 0)  # each is a batch of its own
    asked = asking(f"select id, kind, name from kinds where id <= {many} order by id", over="kinds")
    run = systems()

    [found] = told(run, asked)

    alone = run._evaluated(asked, NOW)
    assert found is not None
    assert found == replace(alone, seconds=found.seconds, printable=found.printable)
    assert found.printable == {"id", "kind"}
    assert found.count == min(many, 10_000)


def test_a_kind_of_value_that_is_looked_up_leaves_the_rest_in_one_transaction(
    database: Database, systems: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute(KINDS)
    monkeypatch.setattr("trueup.ahead.planned.WORTH", 0)  # each is a batch of its own
    asked = [
        asking(f"select id, kind from kinds where id = {n}", f"no_kind_is_{n}", over="kinds")
        for n in range(1, 6)
    ]
    run = systems(more="connections = 1")

    found = told(run, *asked)

    assert [keys(one) for one in found] == [[str(n)] for n in range(1, 6)]
    cost = run.cost("shop", explain=False)
    assert (cost.transactions, cost.at_least) == (2, False), "one to open it, one to ask"


def test_an_answer_without_rows_is_none(database: Database, systems: Opened) -> None:
    with pytest.raises(Exception, match="didn't produce"):
        systems().asked(
            "shop", lambda reader: Together(reader).ask([("set local jit = off", None)])
        )


@pytest.mark.parametrize(
    ("rule", "listed"),
    [
        ("child.id is not null and parent.id is null", "child.id"),
        ("child.price > parent.id", "ctid"),
    ],
)
def test_a_rule_alone_lists_its_key_only_where_it_looks_at_nothing_else_of_its_row(
    database: Database, systems: Opened, sent: list[str], rule: str, listed: str
) -> None:
    database.execute(
        GOODS + "create table makers (id int primary key); insert into makers values (1);"
    )
    alone = ruled(rule, "no_good_is_odd", columns=["child.id"], parent=("id", "makers.id"))

    [found] = told(systems(), alone)

    assert found is not None
    [asked] = [text for text in sent if "from goods" in text and "array_agg" in text]
    assert f"array_agg({listed}" in asked.replace("child.ctid", "ctid")


def test_nobody_is_told_what_a_transaction_found_that_was_given_an_id(
    database: Database, systems: Opened
) -> None:
    database.execute(GOODS)
    database.execute("create function given() returns xid8 return pg_current_xact_id()")
    sly = asking("select id from goods where given() is null", "no_id_is_given", calls=["given"])
    run = systems(database.url("trueup_reader", "primary"), "primary_allowed = true")

    assert told(run, sly, asking("select id from goods where price < 0")) == [None, None]
    alone = run.outcome(sly, NOW)
    assert alone.verdict is Verdict.UNKNOWN
    assert "transaction id" in alone.reason


def test_a_table_that_is_remade_after_the_snapshot_is_asked_on_the_next(
    database: Database, systems: Opened
) -> None:
    database.execute(GOODS + "create table others as select 1 as id")
    run = systems()
    run.sources.share()
    run.sources.wait()

    database.execute("alter table goods alter price type bigint")
    rule = ruled("price = 7", "no_price_is_7", over="others")
    found, other = told(run, rule, asking("select id from goods where price = 8", over="others"))

    assert (keys(found), keys(other)) == (["7"], ["8"])


def test_what_is_proven_is_told_once_where_only_the_end_of_its_transaction_fails(
    database: Database, systems: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute(GOODS)
    run = systems()
    run.sources["shop"].opened()
    end, ends = transaction.end, []

    def lost(*given: Any) -> Any:
        ends.append(given)
        if len(ends) == 1:
            given[0].close()
            raise QueryError("the connection was lost", transient=True)
        return end(*given)

    monkeypatch.setattr(transaction, "end", lost)

    [found] = told(run, asking("select id from goods where price < 0"))

    assert found is not None
    assert found.verdict is Verdict.HOLDS
    run.stop()
    assert not run._aheads["shop"].slow
    assert len(ends) == 2
