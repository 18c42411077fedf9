"""A plan and its result in words: every row, nothing that a terminal would obey."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from engine.primary.desk import NO_JOB_RUNS, Desk
from trueup import Call, Delete, Insert, Steps, Update
from trueup.errors import PlanError
from trueup.primary import diff, told, words

MADE = datetime(2026, 11, 2, 12, 1, tzinfo=UTC)
ADA = "00000000-0000-0000-0000-000000000001"
NEW_YEAR = "2026-01-01 00:00:00+00"
LATER = datetime(2026, 11, 3, 12, 1, tzinfo=UTC)


def mend(violations):
    for job in list(violations)[:1]:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed", "note": None})
        yield Insert("audit", {"what": "x" * 100})
    yield Delete("jobs", key={"id": 2})
    yield Update("jobs", key={"id": 4}, set={"status": "done"})
    yield Steps("call Ada", ("Look up her number.", "Call her."), verify="select 1")


def test_a_plan_reads_from_what_changes_to_what_proves_it(desk: Desk) -> None:
    plan = replace(
        desk.plan(mend, NO_JOB_RUNS), made=MADE, expires=LATER, digest="0123456789abcdef"
    )
    steady = replace(plan, proof=tuple(replace(one, seconds=0.001) for one in plan.proof))

    assert diff.of_plan(steady).splitlines() == [
        "shop.mend, test",
        "plan 0123456789ab by ada: night shift",
        "made 2026-11-02 12:01 UTC as of 2026-11-02 12:00 UTC, expires 2026-11-03 12:01 UTC",
        "3 rows change (at most 100), to mend 3 violations",
        "",
        "jobs: 1 updated, 1 deleted (50 % of 4)",
        "  ~ id '1': status 'running' → 'failed'",
        f"  - id '2': id '2', user_id '{ADA}', status 'running', note null, touched '{NEW_YEAR}'",
        "",
        "audit: 1 inserted",
        "  +: what '" + "x" * 79 + "…'",
        "",
        "delete 1 row of jobs: 3 rows in 3 tables go along",
        "  1 row of files: cascade (files_job_id_fkey)",
        "  1 row of pages: cascade (pages_file_id_fkey)",
        "  1 row of remarks: set null (remarks_page_id_fkey)",
        "",
        "triggers that fire:",
        "  jobs: touch, before update, calls public.touch",
        "",
        "for a person: call Ada",
        "  1. Look up her number.",
        "  2. Call her.",
        "  then: select 1",
        "",
        "1 row left alone:",
        "  jobs id '4': already as it should be",
        "",
        "proven before each commit by:",
        "  no_job_runs (0.00 s)",
    ]


def test_a_result_reads_from_what_was_done_to_how_to_take_it_back(desk: Desk) -> None:
    def fail(violations):
        for job in violations:
            yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})
            yield Insert("audit", {"what": str(job["id"])})

    plan = desk.plan(fail, NO_JOB_RUNS)
    desk.execute("update jobs set note = 'x' where id = 2")
    applied = replace(desk.apply(plan), seconds=0.5)

    assert told.of_applied(applied).splitlines()[:-1] == [
        "shop.fail: 4 rows in 0.50 s, journal entry 1",
        "  jobs: 2 updated",
        "  audit: 2 inserted",
        "",
        "2 rows left alone:",
        "  jobs id '2': changed since the plan",
        "  audit (no key): belongs to a row that is left alone",
        "still violated: no_job_runs 2",
        "before commit: no_job_runs violated (1 violation as before)",
        "",
        "to take it back:",
    ]


def test_a_value_cannot_steer_the_terminal_and_is_cut() -> None:
    assert words.value(None) == "null"
    assert words.value("null") == "'null'"
    assert words.value("a\x1b[2Jb\n") == "'a\\x1b[2Jb\\n'"
    assert words.value("ä" * 90) == "'" + "ä" * 79 + "…'"


def test_nothing_to_do_says_so(desk: Desk) -> None:
    desk.execute("update jobs set status = 'done'")

    plan = desk.plan(mend_none, NO_JOB_RUNS)

    assert diff.of_plan(plan).splitlines()[-1] == "nothing to do"
    assert told.of_applied(desk.apply(plan)) == "shop.mend_none: nothing was changed"


def mend_none(violations):
    yield from ()


def test_a_fix_without_undo_says_so_first(desk: Desk) -> None:
    plan = desk.plan(mend, NO_JOB_RUNS, undo="they asked to be forgotten")

    assert "THIS CANNOT BE UNDONE: they asked to be forgotten" in diff.of_plan(plan).splitlines()


def test_what_a_person_is_told_cannot_be_taken_for_lines_of_the_plan(desk: Desk) -> None:
    def tell(settings):
        yield Steps("call\x1b[2J Ada", ("select 1\n\n0 rows change", "b"), verify="x\r\ny")
        yield Call("work", "POST", "/x/\u202e1")

    with pytest.raises(PlanError, match="which no address has"):
        desk.plan(tell, services={"work"})

    def only_tell(settings):
        yield Steps("call\x1b[2J Ada", ("select 1\n\n0 rows change", "b"), verify="x\r\ny")

    shown = diff.of_plan(desk.plan(only_tell))

    assert "\x1b" not in shown
    assert "\n0 rows change" not in shown
    assert "  1. select 1\n     \n     0 rows change\n  2. b" in shown
