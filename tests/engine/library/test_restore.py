"""After a restore: keys, indexes, triggers and sequences are whole."""

from engine.library.outcomes import keys, planned
from fix_database import Database
from patience import until
from trueup.library import (
    every_foreign_key_is_validated,
    no_index_is_invalid,
    no_sequence_is_behind_its_column,
    no_trigger_is_disabled,
)
from trueup.model.change import Alter, Alteration
from trueup.model.verdict import Verdict
from trueup.replica.reader import Reader

FAMILY = """
    create table parent (id int primary key);
    create table child (id int primary key, parent_id int);
    alter table child add constraint its_parent foreign key (parent_id)
        references parent (id) {valid};
"""

TRIGGER = """
    create function touch() returns trigger language plpgsql as 'begin return new; end';
    create table t (id int);
    create trigger touched before insert on t for each row execute function touch();
"""


def test_a_foreign_key_that_was_never_checked_is_named(database: Database, ask) -> None:
    database.execute(FAMILY.format(valid="not valid"))
    found = every_foreign_key_is_validated()

    before = ask(found)
    database.execute("alter table public.child validate constraint its_parent")

    assert keys(before) == ["public.child.its_parent"]
    assert planned("validate_foreign_keys", before) == [
        Alter(Alteration.VALIDATE_CONSTRAINT, "public.child", "its_parent")
    ]
    assert ask(found).verdict is Verdict.HOLDS


def test_an_index_whose_build_failed_is_named(database: Database, ask, reading) -> None:
    database.execute("create table t (id int); insert into t values (1), (1)")
    found = no_index_is_invalid()
    with database.connect() as connection:
        built = connection.pgconn.exec_(b"create unique index concurrently t_id on t (id)")

    before = ask(found)
    database.execute("delete from t")
    database.execute("reindex index concurrently public.t_id")

    assert b"duplicated" in built.error_message
    assert keys(before) == ["public.t_id"]
    with reading() as reader:
        fixed = planned("rebuild_index", before, primary=reader)
    assert fixed == [Alter(Alteration.REINDEX, "public.t", "t_id")]
    assert ask(found).verdict is Verdict.HOLDS


def test_what_a_broken_rebuild_left_is_to_be_dropped(database: Database, ask, reading) -> None:
    database.execute("create table t (id int); insert into t values (1), (1)")
    with database.connect() as connection:
        connection.pgconn.exec_(b"create unique index concurrently t_id_ccnew1 on t (id)")

    before = ask(no_index_is_invalid())

    with reading() as reader:
        [steps] = planned("rebuild_index", before, primary=reader)
    assert "drop index concurrently public.t_id_ccnew1;" in steps.steps


def test_an_index_that_somebody_builds_is_waited_for(database: Database, ask, reading) -> None:
    database.execute("create table t (id int); insert into t values (1), (1)")
    with database.connect() as connection:
        connection.pgconn.exec_(b"create unique index concurrently t_id on t (id)")

    before = ask(no_index_is_invalid())
    with (
        database.connect() as holder,
        database.connect() as builder,
        database.connect() as looker,
        holder.transaction(),
    ):
        holder.execute("select count(*) from t; lock table t in row exclusive mode")
        builder.pgconn.send_query(b"reindex index concurrently t_id")
        building = "select count(*) from pg_stat_progress_create_index"
        # Within a transaction the server shows what was going on when it was first asked.
        until(lambda: looker.execute(building).fetchone() == (1,))
        [steps] = planned("rebuild_index", before, primary=Reader(holder))
        builder.cancel()
        while builder.pgconn.get_result():
            pass

    assert "somebody is building it" in steps.title


def test_a_trigger_that_was_left_disabled_is_named(database: Database, ask) -> None:
    database.execute(TRIGGER + "alter table t disable trigger touched")
    found = no_trigger_is_disabled()

    before = ask(found)
    database.execute("alter table public.t enable trigger touched")

    assert keys(before) == ["public.t.touched"]
    assert planned("enable_trigger", before) == [
        Alter(Alteration.ENABLE_TRIGGER, "public.t", "touched")
    ]
    assert ask(found).verdict is Verdict.HOLDS


def test_a_trigger_that_fires_for_replicas_alone_is_as_good_as_disabled(
    database: Database, ask
) -> None:
    database.execute(TRIGGER + "alter table t enable replica trigger touched")
    found = no_trigger_is_disabled()

    before = ask(found)
    [steps] = planned("enable_trigger", before)
    said = "alter table public.t enable trigger touched;"
    assert any(said in step for step in steps.steps)
    database.execute(said)

    assert keys(before) == ["public.t.touched"]
    assert ask(found).verdict is Verdict.HOLDS


def test_a_trigger_that_fires_always_is_enabled(database: Database, ask) -> None:
    database.execute(TRIGGER + "alter table t enable always trigger touched")

    assert ask(no_trigger_is_disabled()).verdict is Verdict.HOLDS


def test_a_foreign_key_whose_triggers_are_disabled_goes_by_its_own_name(
    database: Database, ask
) -> None:
    database.execute(FAMILY.format(valid="") + "alter table child disable trigger all")

    before = ask(no_trigger_is_disabled())

    assert keys(before) == ["public.child.its_parent"]
    assert "enable trigger all" in " ".join(planned("enable_trigger", before)[0].steps)


def test_a_sequence_behind_its_column_is_named(database: Database, ask) -> None:
    database.execute("""
        create table t (id int generated by default as identity);
        insert into t (id) select generate_series(1, 90);
    """)
    found = no_sequence_is_behind_its_column()
    said = "select setval('public.t_id_seq', (select max(id) from public.t));"

    before = ask(found)
    database.execute(said)

    assert keys(before) == ["public.t.id"]
    assert said in planned("advance_sequence", before)[0].steps[1]
    assert ask(found).verdict is Verdict.HOLDS


def test_a_sequence_that_is_set_to_give_the_next_value_is_not_behind(
    database: Database, ask
) -> None:
    database.execute("""
        create table "T" ("Id" serial);
        insert into "T" select generate_series(1, 90);
        select setval('"T_Id_seq"', 91, false);
    """)

    assert ask(no_sequence_is_behind_its_column()).verdict is Verdict.HOLDS


def test_a_sequence_that_a_default_uses_is_judged_though_nobody_owns_it(
    database: Database, ask
) -> None:
    database.execute("""
        create sequence numbers;
        create table t (n bigint default nextval('numbers'));
        insert into t values (500);
    """)

    assert keys(ask(no_sequence_is_behind_its_column())) == ["public.t.n"]


def test_a_schema_without_sequences_has_nothing_to_judge(database: Database, ask) -> None:
    database.execute("create table t (id uuid primary key)")

    assert ask(no_sequence_is_behind_its_column()).verdict is Verdict.UNKNOWN
    assert ask(no_sequence_is_behind_its_column(may_be_empty=True)).verdict is Verdict.HOLDS
