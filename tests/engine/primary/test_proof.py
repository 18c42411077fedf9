"""A fix that does not mend, or breaks something else, is rolled back and told so."""

import pytest
from msgspec.structs import replace

from engine.primary.desk import NO_JOB_RUNS, Desk, meanwhile, must
from trueup import Update
from trueup.errors import ApplyError, PlanError, ProofError
from trueup.replica.session import Session

NO_FAILED_JOB_IS_UNEXPLAINED = must(
    "no_failed_job_is_unexplained",
    "select id from jobs where status = 'failed' and note is null",
)

NO_JOB_IS_EXPLAINED_TWICE = must(
    "no_note_is_there_twice",
    "select note from jobs where note is not null group by note having count(*) > 1",
)


def fail(violations):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})


def test_a_fix_that_breaks_another_invariant_is_rolled_back_and_named(desk: Desk) -> None:
    desk.watched.append(NO_FAILED_JOB_IS_UNEXPLAINED)
    sound = desk.text()

    with pytest.raises(ProofError) as caught:
        desk.apply(desk.plan(fail, NO_JOB_RUNS))

    assert str(caught.value) == (
        "shop.no_failed_job_is_unexplained would be newly violated by 1, 2, 3;"
        " everything was rolled back"
    )
    assert caught.value.exit_code == 4
    assert desk.text() == sound
    assert desk.rows("select from trueup.journal") == []


def test_a_fix_that_does_not_mend_is_rolled_back(desk: Desk) -> None:
    def tell(violations):
        for job in violations:
            yield Update("jobs", key={"id": job["id"]}, set={"note": "told"})

    with pytest.raises(ProofError, match="no_job_runs would still be violated by 1, 2, 3"):
        desk.apply(desk.plan(tell, NO_JOB_RUNS))


def test_a_violation_without_a_key_is_another_than_one_of_its_name(desk: Desk) -> None:
    desk.execute("update jobs set note = 'None' where id = 2")
    unnamed = must("no_job_runs", "select note, id from jobs where status = 'running' and id < 3")

    def fail_what_says_so(violations):
        for job in violations:
            if job["note"] is not None:
                yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})

    desk.apply(desk.plan(fail_what_says_so, unnamed))
    second = desk.apply(desk.plan(fail, unnamed))
    desk.apply(desk.undo(second.entries[0]))

    assert desk.rows(
        "select mended from trueup.journal_proofs where mended <> '[]' order by id"
    ) == [
        ([["None"]],),
        ([[None]],),
    ]
    assert desk.rows("select id from jobs where status = 'running' order by id") == [(1,), (3,)]


def test_a_violation_that_was_there_before_does_not_stop_a_fix(desk: Desk) -> None:
    desk.execute("update jobs set status = 'failed' where id = 4")
    desk.watched.append(NO_FAILED_JOB_IS_UNEXPLAINED)

    def explain(violations):
        for job in violations:
            yield Update("jobs", key={"id": job["id"]}, set={"status": "failed", "note": "late"})

    applied = desk.apply(desk.plan(explain, NO_JOB_RUNS))

    said = {one.invariant: (one.verdict, one.detail) for one in applied.proofs}
    assert said["no_failed_job_is_unexplained"] == ("violated", "1 violation as before")
    assert applied.exit_code == 0


def test_a_violation_that_others_commit_meanwhile_is_not_ours(desk: Desk) -> None:
    desk.watched.append(NO_JOB_IS_EXPLAINED_TWICE)
    desk.execute("""
        create function wait() returns trigger language plpgsql as $$
        begin perform pg_advisory_xact_lock(42); return null; end $$;
        create trigger wait after update on jobs for each row when (new.status = 'failed')
            execute function wait();
    """)

    with meanwhile(desk, desk.plan(fail, NO_JOB_RUNS)) as applying:
        desk.execute(
            "insert into jobs (id, status, note) values (8, 'done', 'x'), (9, 'done', 'x')"
        )

    assert applying.result().exit_code == 0


def test_the_invariants_of_a_table_that_only_a_trigger_wrote_have_a_say(desk: Desk) -> None:
    empty = must("nothing_is_audited", "select id, what from audit", over="audit")
    desk.watched.append(empty)
    desk.execute("""
        create function note() returns trigger language plpgsql as $$
        begin insert into audit (what) values ('x'); return null; end $$;
        create trigger note after update on jobs for each row execute function note();
    """)
    plan = desk.plan(fail, NO_JOB_RUNS)
    assert [one.invariant for one in plan.proof] == ["no_job_runs"]

    with pytest.raises(ProofError, match="nothing_is_audited would be newly violated by 1, 2, 3"):
        desk.apply(plan)


def test_only_invariants_that_read_a_touched_table_are_asked(desk: Desk) -> None:
    users = must("every_user_has_mail", "select id from \"User\" where email = ''", over="User")
    joined = must(
        "no_user_waits",
        "select u.id from \"User\" u join jobs on user_id = u.id where status = 'lost'",
        over="User",
    )
    desk.watched += [users, joined]

    plan = desk.plan(fail, NO_JOB_RUNS)

    assert [one.invariant for one in plan.proof] == ["no_job_runs", "no_user_waits"]


def test_an_invariant_in_python_is_known_by_what_it_is_over(desk: Desk) -> None:
    def ask(replica):
        """Somebody is harmed."""
        for row in replica.rows("select id from jobs where status = 'lost'"):
            yield {"id": row["id"]}

    written = must("no_job_is_lost", "select 1")
    desk.watched.append(replace(written, ask=ask))

    assert "no_job_is_lost" in [one.invariant for one in desk.plan(fail, NO_JOB_RUNS).proof]


def test_an_invariant_that_cannot_tell_refuses_the_plan(desk: Desk) -> None:
    desk.watched.append(must("every_job_has_wings", "select wings from jobs"))

    with pytest.raises(PlanError, match=r"shop.every_job_has_wings cannot be proven: .*wings"):
        desk.plan(fail, NO_JOB_RUNS)


def test_an_invariant_that_cannot_tell_any_more_refuses_to_apply(desk: Desk) -> None:
    plan = desk.plan(
        fail, must("no_job_runs", "select id, note from jobs where status = 'running'")
    )
    desk.execute("alter table jobs rename column note to remark")

    with pytest.raises(ApplyError, match="cannot be proven"):
        desk.apply(plan)


def test_a_slow_invariant_is_proven_late_on_the_replica(desk: Desk, replica: Session) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS, prove_within=0)
    assert [one.when for one in plan.proof] == ["late"]

    applied = desk.apply(plan, replica=replica)

    assert [(one.place, one.verdict, one.failed) for one in applied.proofs] == [
        ("replica", "holds", False)
    ]
    assert applied.exit_code == 0


def test_a_late_proof_that_fails_gives_the_command_that_takes_it_back(desk: Desk) -> None:
    desk.watched.append(NO_FAILED_JOB_IS_UNEXPLAINED)

    applied = desk.apply(desk.plan(fail, NO_JOB_RUNS, prove_within=0))

    [failed] = [one for one in applied.proofs if one.failed]
    assert (failed.invariant, failed.place) == ("no_failed_job_is_unexplained", "primary")
    assert failed.detail == "newly violated by 1, 2, 3"
    assert applied.exit_code == 3
    assert "undo 1 --system shop --env test" in applied.undo[0]


def test_a_replica_that_does_not_catch_up_is_unknown_and_no_failure(
    desk: Desk, replica: Session
) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS)

    with desk.database.connect(server="standby") as standby:
        standby.execute("select pg_wal_replay_pause()")
        applied = desk.apply(plan, replica=replica, patience=0.1)
        standby.execute("select pg_wal_replay_resume()")

    late = applied.proofs[-1]
    assert (late.verdict, late.detail) == ("unknown", "the replica had not replayed it after 0.1 s")
    assert applied.exit_code == 0


def test_a_late_proof_that_nobody_could_see_is_a_failure(desk: Desk, replica: Session) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS, prove_within=0)

    with desk.database.connect(server="standby") as standby:
        standby.execute("select pg_wal_replay_pause()")
        applied = desk.apply(plan, replica=replica, patience=0.1)
        standby.execute("select pg_wal_replay_resume()")

    assert [(one.verdict, one.failed) for one in applied.proofs] == [("unknown", True)]
    assert (applied.exit_code, len(applied.undo)) == (3, 1)


def test_proof_is_as_of_the_plan(desk: Desk) -> None:
    def ask(replica, now):
        """Somebody is harmed."""
        return replica.rows(
            "select id from jobs where touched < :now and status <> 'done'", now=now
        )

    overdue = replace(must("no_job_is_overdue", "select 1"), ask=ask)

    def finish(violations, now):
        for job in violations:
            yield Update("jobs", key={"id": job["id"]}, set={"status": "done", "touched": now})

    desk.execute("drop trigger touch on jobs")
    assert desk.apply(desk.plan(finish, overdue)).exit_code == 0
