"""Changes of the schema: planned with their locks, made, proven, journaled, and taken back."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from engine.primary.desk import Desk, must
from trueup.errors import ApplyError, JournalError, PlanError, ProofError
from trueup.model.change import Alter, Alteration, Update
from trueup.planfile import lines, load, seal
from trueup.primary import diff, markdown
from trueup.primary.applied import Reason
from trueup.primary.owner import Owner
from trueup.primary.session import open_primary
from trueup.replica.dsn import Dsn
from trueup.replica.limits import Limits

SCHEMA = """
    create table notes (id int primary key, user_id uuid, job_id int);
    create policy "Own notes" on notes as restrictive for update to authenticated, service_role
        using (user_id is not null) with check (id > 0);
    comment on policy "Own notes" on notes is 'it''s theirs';
    create policy everybody on notes for delete using (true);
    alter table notes add constraint "Its job" foreign key (job_id) references jobs not valid;
    create function noted() returns trigger language plpgsql as 'begin return new; end';
    create trigger noted before insert on notes for each row execute function noted();
    alter table notes disable trigger noted;
    grant select on notes to trueup_fixer, trueup_reader, anon;
"""

VALID = "select indisvalid from pg_index where indexrelid = '\"Odd Index\"'::regclass"

OPEN = must(
    "every_table_is_guarded",
    "select 'notes' as name from pg_class where oid = 'notes'::regclass and not relrowsecurity",
    over="notes",
)

GUARDED = must(
    "notes_have_a_policy_for_deletes",
    "select 'notes' as name where not exists (select from pg_policy where polcmd = 'd')",
    over="notes",
)


@pytest.fixture
def notes(desk: Desk, admin_dsn: Dsn) -> Iterator[tuple[Desk, Desk]]:
    """Two desks: the fixer's, which plans, and the owner's, which applies."""
    desk.execute(SCHEMA)
    with open_primary(admin_dsn, Limits()) as primary:
        yield desk, Desk(desk.database, primary, desk.watched)


def altering(kind: Alteration, name: str = "", table: str = "notes"):
    """A fix that alters one thing."""

    def alter(violations):
        yield Alter(kind, table, name)

    return alter


def schema(desk: Desk) -> list[tuple[object, ...]]:
    """All that these alterations could have changed, as the catalog prints it."""
    return [
        *desk.rows("select polname, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck,"
                   " polrelid), polcmd, polpermissive, polroles::regrole[]::text,"
                   " obj_description(oid, 'pg_policy') from pg_policy order by polname"),
        *desk.rows("select relname, relrowsecurity from pg_class where relname = 'notes'"),
        *desk.rows("select tgname, tgenabled from pg_trigger where tgname = 'noted'"),
        *desk.rows("select conname, convalidated from pg_constraint where conname = 'Its job'"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "locks"),
    [
        (Alteration.ENABLE_ROW_SECURITY, "", "ACCESS EXCLUSIVE: nobody reads or writes"),
        (Alteration.DROP_POLICY, "Own notes", "ACCESS EXCLUSIVE: nobody reads or writes"),
        (Alteration.ENABLE_TRIGGER, "noted", "SHARE ROW EXCLUSIVE: nobody writes"),
    ],
)
def test_an_alteration_is_made_once_and_its_undo_leaves_no_trace(
    notes: tuple[Desk, Desk], kind: Alteration, name: str, locks: str
) -> None:
    fixer, owner = notes
    before = schema(owner)

    plan = fixer.plan(altering(kind, name))
    said = diff.of_plan(plan)
    applied = owner.apply(load(lines(plan)))
    after = schema(owner)
    again = owner.apply(plan)
    undone = owner.apply(owner.undo(applied.entries[0]))

    assert locks in said
    assert "1 schema change" in said
    assert applied.exit_code == again.exit_code == undone.exit_code == 0
    assert [one.kind for one in applied.altered] == [kind]
    assert after != before
    assert not again.entries
    assert [reason for _, reason in again.skipped.counts] == [Reason.ALREADY]
    assert schema(owner) == before
    with pytest.raises(JournalError, match="undone already"):
        owner.undo(applied.entries[0])


def test_each_alteration_is_a_transaction_and_an_entry_of_its_own(
    notes: tuple[Desk, Desk],
) -> None:
    fixer, owner = notes
    owner.execute("insert into notes values (1), (2)")
    each = must("notes_are_gone", "select id from notes order by id", over="notes")

    def alter(violations):
        kinds = (Alteration.DROP_POLICY, "everybody"), (Alteration.ENABLE_TRIGGER, "noted")
        for (kind, name), _ in zip(kinds, violations, strict=True):
            yield Alter(kind, "notes", name)

    plan = fixer.plan(alter, each)
    applied = owner.apply(replace(plan, proof=()))

    assert len(plan.alterations) == len(applied.entries) == 2


def test_the_plan_names_whom_row_level_security_shuts_out(notes: tuple[Desk, Desk]) -> None:
    plan = notes[0].plan(altering(Alteration.ENABLE_ROW_SECURITY))

    said = "no policy lets these roles in, and they will see no row: anon"
    assert said in diff.of_plan(plan)
    assert said in markdown.of_plan(plan)


def test_a_constraint_is_validated_and_the_plan_says_what_that_reads(
    notes: tuple[Desk, Desk],
) -> None:
    fixer, owner = notes

    plan = fixer.plan(altering(Alteration.VALIDATE_CONSTRAINT, "Its job"), undo="it stays so")
    applied = owner.apply(plan)

    assert "everybody reads and writes on; it reads the whole table" in diff.of_plan(plan)
    assert ("Its job", True) in schema(owner)
    assert applied.undo == ()


def test_a_constraint_that_rows_break_is_refused_without_their_values(
    notes: tuple[Desk, Desk],
) -> None:
    fixer, owner = notes
    owner.execute(
        "alter table notes disable trigger all; insert into notes values (1, null, 77777)"
    )
    before = schema(owner)
    plan = fixer.plan(altering(Alteration.VALIDATE_CONSTRAINT, "Its job"), undo="it stays so")

    with pytest.raises(ApplyError, match="a foreign key would be broken") as raised:
        owner.apply(plan)

    assert "77777" not in str(raised.value)
    assert schema(owner) == before


def test_what_was_altered_since_the_plan_is_left_alone_and_listed(
    notes: tuple[Desk, Desk],
) -> None:
    fixer, owner = notes
    changed = fixer.plan(altering(Alteration.DROP_POLICY, "Own notes"))
    gone = fixer.plan(altering(Alteration.ENABLE_TRIGGER, "noted"))
    owner.execute('alter policy "Own notes" on notes using (id = 7); drop trigger noted on notes')
    before = schema(owner)

    found = [owner.apply(plan) for plan in (changed, gone)]

    assert [one.reason for applied in found for one in applied.skipped] == [
        Reason.MOVED,
        Reason.GONE,
    ]
    assert not any(applied.entries for applied in found)
    assert schema(owner) == before


def test_an_undo_does_not_overwrite_what_was_altered_since(notes: tuple[Desk, Desk]) -> None:
    fixer, owner = notes
    dropped = owner.apply(fixer.plan(altering(Alteration.DROP_POLICY, "everybody")))
    owner.execute("create policy everybody on notes for select using (id = 1)")
    before = schema(owner)

    with pytest.raises(JournalError, match="undone already"):
        owner.undo(dropped.entries[0])

    assert schema(owner) == before


def test_a_table_that_somebody_holds_is_left_for_another_time(notes: tuple[Desk, Desk]) -> None:
    fixer, owner = notes
    plan = fixer.plan(altering(Alteration.ENABLE_ROW_SECURITY))

    with owner.database.connect() as other, other.transaction():
        other.execute("select count(*) from notes")
        applied = owner.apply(plan)

    assert [one.reason for one in applied.skipped] == [Reason.LOCKED]
    assert applied.exit_code == 3


def test_an_alteration_that_breaks_another_invariant_is_rolled_back(
    notes: tuple[Desk, Desk],
) -> None:
    fixer, owner = notes
    owner.execute("insert into notes values (1)")
    owner.watched = fixer.watched = [GUARDED]
    plan = fixer.plan(altering(Alteration.DROP_POLICY, "everybody"))
    before = schema(owner)

    with pytest.raises(ProofError, match="notes_have_a_policy_for_deletes"):
        owner.apply(plan)

    assert schema(owner) == before


def test_the_violation_it_mends_is_proven_gone_before_the_commit(
    notes: tuple[Desk, Desk],
) -> None:
    fixer, owner = notes
    owner.execute("insert into notes values (1)")

    plan = fixer.plan(altering(Alteration.ENABLE_ROW_SECURITY), OPEN)
    owner.watched = fixer.watched
    applied = owner.apply(plan)

    assert [(one.invariant, one.verdict) for one in applied.proofs] == [
        ("every_table_is_guarded", "holds")
    ]
    assert not applied.left


def test_the_fixer_alone_may_not_alter(notes: tuple[Desk, Desk]) -> None:
    fixer, _ = notes
    plan = fixer.plan(altering(Alteration.DROP_POLICY, "everybody"))

    with pytest.raises(ApplyError, match="must be owner of relation notes"):
        fixer.apply(plan)


def test_what_is_created_again_is_what_the_journal_has_and_not_the_plan(
    notes: tuple[Desk, Desk],
) -> None:
    fixer, owner = notes
    dropped = owner.apply(fixer.plan(altering(Alteration.DROP_POLICY, "everybody")))
    undo = owner.undo(dropped.entries[0])
    forged = seal(replace(undo, undoes=None))

    with pytest.raises(JournalError, match="no definition of everybody"):
        owner.apply(forged)


@pytest.mark.parametrize(
    ("kind", "name", "table", "said"),
    [
        (Alteration.CREATE_POLICY, "mine", "notes", "only takes back"),
        (Alteration.DROP_POLICY, "mine", "nowhere", "there is no table 'nowhere'"),
    ],
)
def test_a_fix_that_may_not_alter_so_is_told(
    notes: tuple[Desk, Desk], kind: Alteration, name: str, table: str, said: str
) -> None:
    with pytest.raises(PlanError, match=said):
        notes[0].plan(altering(kind, name, table))


def test_rows_and_the_schema_are_two_fixes(notes: tuple[Desk, Desk]) -> None:
    def both(violations):
        yield Update("jobs", key={"id": 1}, set={"note": "x"})
        yield Alter(Alteration.ENABLE_ROW_SECURITY, "notes")

    with pytest.raises(PlanError, match="rows and the schema at once; make it two fixes"):
        notes[0].plan(both)


def test_what_is_as_it_should_be_is_not_planned(notes: tuple[Desk, Desk]) -> None:
    notes[1].execute("alter table notes enable row level security")

    plan = notes[0].plan(altering(Alteration.ENABLE_ROW_SECURITY))

    assert not plan.does_something
    assert [one.reason for one in plan.skipped] == [Reason.ALREADY]


def broken_index(desk: Desk) -> None:
    """A unique index whose build met a duplicate, and the duplicate gone."""
    desk.execute("insert into notes values (1, null, null), (2, null, null)")
    with desk.database.connect() as connection:
        built = connection.pgconn.exec_(
            b'create unique index concurrently "Odd Index" on notes ((id - id))'
        )
    assert b"duplicated" in built.error_message


def test_an_index_is_rebuilt_after_the_commit_and_the_journal_says_so(
    notes: tuple[Desk, Desk], admin_dsn: Dsn
) -> None:
    fixer, owner = notes
    broken_index(owner)
    owner.execute("delete from notes where id = 2")
    services = {"owner": Owner(admin_dsn)}

    plan = fixer.plan(altering(Alteration.REINDEX, "Odd Index"), undo="it is the same index")
    said = diff.of_plan(plan)
    applied = fixer.apply(plan, services=services)
    again = fixer.apply(plan, services=services)

    assert "SHARE UPDATE EXCLUSIVE: everybody reads and writes on" in said
    assert [one.state for one in applied.calls] == ["done"]
    assert owner.rows(
        "select indisvalid from pg_index where indexrelid = '\"Odd Index\"'::regclass"
    ) == [(True,)]
    assert applied.exit_code == again.exit_code == 0
    assert not again.entries


def test_an_index_that_cannot_be_rebuilt_says_what_is_left(
    notes: tuple[Desk, Desk], admin_dsn: Dsn
) -> None:
    fixer, owner = notes
    broken_index(owner)

    plan = fixer.plan(altering(Alteration.REINDEX, "Odd Index"), undo="it is the same index")
    applied = fixer.apply(plan, services={"owner": Owner(admin_dsn)})

    assert [one.state for one in applied.calls] == ["failed"]
    assert "must be unique would be there twice" in next(iter(applied.calls)).detail
    assert "left as Odd Index_ccnew" in next(iter(applied.calls)).detail
    assert applied.exit_code == 3


FORGED = 'create policy "Own notes" on public.notes as permissive using (true)'


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        ("create role evil", "is no policy of it"),
        (FORGED.replace("Own notes", "Other"), "is no policy of it"),
        (f"{FORGED}; create role evil", "cannot insert multiple commands"),
        (f"{FORGED}; commit; create role evil; begin", "cannot insert multiple commands"),
        (
            f'{FORGED}; comment on policy "Own notes" on public.notes is null; create role evil',
            "cannot insert multiple commands",
        ),
    ],
)
def test_a_journal_that_the_fixer_forged_makes_the_owner_do_nothing_else(
    notes: tuple[Desk, Desk], forged: str, says: str
) -> None:
    desk, owner = notes
    applied = owner.apply(desk.plan(altering(Alteration.DROP_POLICY, "Own notes")))
    plan = desk.undo(applied.entries[0])
    with desk.database.connect() as journal:
        journal.execute("alter table trueup.journal_alterations disable trigger all")
        journal.execute("update trueup.journal_alterations set before = %s", [forged])
        journal.execute("alter table trueup.journal_alterations enable always trigger append_only")

    with pytest.raises(ApplyError, match=says):
        owner.apply(plan)

    assert desk.rows("select from pg_roles where rolname = 'evil'") == []
    assert desk.rows("select from pg_policy where polname = 'Own notes'") == []


def test_an_undo_shows_the_policy_that_it_makes(notes: tuple[Desk, Desk]) -> None:
    desk, owner = notes
    applied = owner.apply(desk.plan(altering(Alteration.DROP_POLICY, "Own notes")))

    shown = diff.of_plan(desk.undo(applied.entries[0]))

    assert 'as the journal has it: create policy "Own notes" on public.notes as restr' in shown
