"""The command line as people meet it: whole journeys on a sample of their own, and every error."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest
import typer

import memory
from systems.scenes import ROOT, systems
from trueup.cli.verbs import app
from trueup.environment import SAMPLE_FOLDER
from trueup.sample import reset

TRUEUP = Path(sys.executable).with_name("trueup")


def trueup(folder: Path, *words: str, code: int = 0) -> str:
    """Run it in a folder; gives what it printed, both streams."""
    done = subprocess.run(
        [TRUEUP, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said
    return said


@pytest.fixture(scope="module")
def clone() -> Iterator[Path]:
    """What a fresh clone has, with a sample of its own."""
    with memory.folder() as folder:
        for name in ("invariants", "fixes", "tests/systems", "docs"):
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy(ROOT / "trueup.toml", folder)
        yield folder
        reset(folder / SAMPLE_FOLDER)


LINES_OF_A_TERMINAL = 40


def test_the_demo_names_every_fault_and_its_command_mends(clone: Path) -> None:
    said = trueup(clone, "demo")
    [line] = [line.strip() for line in said.splitlines() if " && " in line and "  " in line][-1:]

    for part in line.split(" && "):
        trueup(clone, *shlex.split(part)[1:])

    begin = "mend the worst that needs no person ("
    [first] = [one for one in said.splitlines() if one.startswith(begin)]
    invariant = first.rpartition(": ")[2].removesuffix("):").replace(" ", "_")
    system = shlex.split(line)[2].partition(".")[0]
    assert "not named exactly" not in said
    assert len(said.splitlines()) < LINES_OF_A_TERMINAL
    assert said.count(" && ") == 1  # one next step
    assert "1 holds" in trueup(clone, "check", system, "--env", "sample", "-k", invariant)
    assert list(clone.glob("reports/2*/index.html"))
    assert (clone / "reports" / "site" / "index.html").is_file()


FILE = re.compile(r"^`([\w./]+)`:\n\n```\w+\n(.*?)```$", re.MULTILINE | re.DOTALL)
"""A whole file on a page of docs/, below its name."""

TYPED = re.compile(r"^trueup (.*--env sample.*|list .*|apply .*|sample .*|waive .*)$", re.MULTILINE)
"""What the page has somebody type that needs no server but the sample's."""


def test_a_system_can_be_added_from_the_page_alone() -> None:
    page = (ROOT / "docs" / "adding-a-system.md").read_text(encoding="utf-8")
    until = str(datetime.now(UTC).date() + timedelta(days=30))
    said: list[str] = []
    with memory.folder() as folder:
        for name, text in FILE.findall(page):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        for words in TYPED.findall(page.replace("--until DAY", f"--until {until}")):
            code = int("check" in words and "planted" in said[-1])
            said.append(trueup(folder, *shlex.split(words), code=code))
        last = trueup(folder, "check", "shop", "--env", "sample")
        reset(folder / SAMPLE_FOLDER)

    assert "paid_without_a_payment: breaks every_paid_order_has_a_payment" in said[2]
    assert "row  10\n" in said[4]
    assert "row  11\n" not in said[4]
    assert "2 hold" in said[7]
    assert "1 waived, 1 holds" in last


WHO = "user_id=4445b069-56a0-ec47-a272-456a5a955c1f"
"""A student of the sample."""


def test_a_person_is_given_what_is_theirs(clone: Path) -> None:
    said = trueup(clone, "export", "studybuddy", WHO, "--env", "sample", "--out", "theirs.json")

    theirs = json.loads((clone / "theirs.json").read_text())
    [account] = theirs["tables"]["auth.users"]
    assert f"user_id={account['id']}" == WHO
    assert "example.com" in json.dumps(theirs)
    assert "example.com" not in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["studybuddy", "id=1"], "'id=1' does not say whose data; write user_id=…"),
        (["studybuddy", "user_id=1"], "'1' is no uuid"),
        (["studybuddy", WHO[:-1] + "0"], "there is no user"),
        (["nothing", WHO], "no system 'nothing'"),
    ],
)
def test_an_export_that_is_refused_says_why_and_leaves_nothing(
    clone: Path, words: list[str], says: str
) -> None:
    said = trueup(clone, "export", *words, "--env", "sample", "--out", "none.json", code=2)

    assert says in said
    assert not list(clone.glob("*none.json*"))


def test_a_fix_goes_there_and_back(clone: Path) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    trueup(clone, "sample", "plant", "studybuddy", "stuck_jobs")
    running = ("-k", "every_running_ai_job")
    at = ("--env", "sample")
    trueup(clone, "check", *at, *running, code=1)

    planned = trueup(clone, "plan", "studybuddy.fail_stuck_ai_jobs", *at, "--out", "plan.json")
    applied = trueup(clone, "apply", "plan.json")
    again = trueup(clone, "apply", "plan.json")
    trueup(clone, "check", *at, *running)
    [mended] = json.loads(max(clone.glob("reports/*/run.json")).read_text())["mended"]
    shown = trueup(clone, "journal", "show", *at, "--system", "studybuddy")
    undone = trueup(clone, "undo", "1", *at, "--system", "studybuddy", "--out", "undo.json")
    trueup(clone, "apply", "undo.json")
    trueup(clone, "check", *at, *running, code=1)

    assert "status 'running' → 'failed'" in planned
    assert "journal entry 1" in applied
    assert (mended["fix"], mended["rows"]) == ("fail_stuck_ai_jobs", 4)
    assert any(proof.endswith("holds, replica") for proof in mended["proofs"])
    assert "nothing was changed" in again
    assert "fail_stuck_ai_jobs: 4 rows" in shown
    assert "status 'failed' → 'running'" in undone
    assert "4 rows" in trueup(clone, "journal", "show", *at, "--system", "studybuddy", "1")
    already = trueup(clone, "undo", "1", *at, "--system", "studybuddy", code=2)
    assert already.startswith("trueup: ")


def test_what_is_forgotten_is_counted(clone: Path) -> None:
    of = ("--system", "studybuddy", "--env", "sample")
    trueup(clone, "journal", "show", *of)  # has the sample's journal installed

    said = trueup(clone, "journal", "forget", "--older-than", "1", *of)

    assert said == "forgotten: 0 rows; entries older than 1 day have no undo now\n"


def test_a_procedure_is_told_what_it_is_about(clone: Path) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    pause = ("plan", "studybuddy.pause_ai_extractions", "--env", "sample")

    assert "say why, with --reason" in trueup(clone, *pause, "plan=Pro", code=2)
    assert "there is no column 'plant'" in trueup(
        clone, *pause, "plant=Pro", "--reason", "test", code=2
    )
    planned = trueup(clone, *pause, "plan=Pro", "--reason", "the provider is down")
    assert "1 row changes" in planned
    assert "the provider is down" in planned

    rows = clone / "rows.csv"
    rows.write_text("plan\nFree\nPro\n")
    masked = trueup(clone, *pause, "--rows", "rows.csv", "--reason", "test", "--markdown")
    assert "### plans: 2 updated" in masked
    assert "masked → masked" in masked
    whole = trueup(clone, *pause, "--rows", "rows.csv", "--reason", "test", "--json")
    assert len(json.loads(whole)["changes"]) == 2


def test_a_canary_stops_where_nobody_is_asked(clone: Path) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    trueup(clone, "sample", "plant", "studybuddy", "stuck_jobs")
    fix = ("studybuddy.fail_stuck_ai_jobs", "--env", "sample", "--out", "canary.json")
    trueup(clone, "plan", *fix)

    first = trueup(clone, "apply", "canary.json", "--canary", "1", code=3)
    rest = trueup(clone, "apply", "canary.json")

    assert "not finished: stopped after 1 change, as asked; the same plan again" in first
    assert "holds" in rest


FULL = "standard output could not be written: No space left on device; see where it leads"


def unread(folder: Path, streams: str, *words: str, code: int = 0) -> str:
    """Run it with its streams as a shell leads them elsewhere; gives what is left to read."""
    line = ["sh", "-c", f'exec "$0" "$@" {streams}', str(TRUEUP), *words]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    said: str = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said
    return said


def test_that_nobody_reads_what_was_applied_is_no_failure(clone: Path) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    trueup(clone, "sample", "plant", "studybuddy", "stuck_jobs")
    trueup(clone, "plan", "studybuddy.fail_stuck_ai_jobs", "--env", "sample", "--out", "full.json")

    assert unread(clone, "> /dev/full", "apply", "full.json") == f"trueup: {FULL}\n"


@pytest.mark.parametrize(
    ("streams", "says"),
    [
        ("> /dev/full", FULL),
        ("2>&-", "2 hold"),
        ("<&- >&- 2>&-", ""),
    ],
)
def test_that_nobody_reads_a_check_takes_no_run_away(clone: Path, streams: str, says: str) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    earlier = set(clone.glob("reports/*/run.json"))

    said = unread(clone, streams, "check", "studybuddy", "--env", "sample", "-k", "stuck")

    assert says in said
    assert bool(says) == bool(said)
    assert len(set(clone.glob("reports/*/run.json")) - earlier) == 1


def test_a_reader_that_has_gone_ends_no_check(clone: Path) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    trueup(clone, "sample", "plant", "studybuddy", "stuck_jobs")
    read, write = os.pipe()
    os.close(read)

    with os.fdopen(write) as nobody:
        done = subprocess.run(
            [TRUEUP, "check", "studybuddy", "--env", "sample", "-k", "stuck"],
            cwd=clone,
            stdout=nobody,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize(
    "words", [["list"], ["--help"], ["check", "--help"], ["--version"], ["report", "schema"]]
)
def test_words_that_were_asked_for_and_are_lost_are_a_failure(
    clone: Path, words: list[str]
) -> None:
    assert unread(clone, "> /dev/full", *words, code=2) == f"trueup: {FULL}\n"
    assert unread(clone, ">&-", *words) == ""


def test_what_is_finished_can_be_resumed_and_nothing_happens(clone: Path) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    trueup(clone, "sample", "plant", "studybuddy", "stuck_jobs")
    trueup(
        clone, "plan", "studybuddy.fail_stuck_ai_jobs", "--env", "sample", "--out", "resume.json"
    )
    trueup(clone, "apply", "resume.json")
    known = trueup(clone, "journal", "show", "--env", "sample", "--system", "studybuddy")
    entry = known.split()[0]

    said = trueup(clone, "resume", entry, "--env", "sample", "--system", "studybuddy")

    assert said.strip().endswith("nothing was changed")


def test_one_violation_can_be_chosen_by_its_key(clone: Path) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    trueup(clone, "sample", "plant", "studybuddy", "stuck_jobs")
    words = ("plan", "studybuddy.fail_stuck_ai_jobs", "--env", "sample")

    said = trueup(clone, *words, "--only", "944ff229-2296-662c-fbee-7b024d1a6a03")

    assert "to mend 1 violation" in said
    assert "nothing was saved; --out FILE saves it" in said
    assert "'nobody'" in trueup(clone, *words, "--only", "nobody", code=2)


def test_steps_are_printed_filled_in(clone: Path) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    trueup(clone, "sample", "plant", "studybuddy", "open_policies")

    said = trueup(clone, "plan", "studybuddy.narrow_policy", "--env", "sample")

    assert "for a person" in said
    assert "narrow the policy public.ai_jobs.Jobs are shared" in said
    assert "nothing was saved" not in said


def test_the_schema_is_altered_as_the_owner_and_put_back(clone: Path) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    trueup(clone, "sample", "plant", "studybuddy", "row_level_security_off")
    name = "studybuddy.enable_row_level_security"

    planned = trueup(clone, "plan", name, "--env", "sample", "--out", "alter.json")
    done = trueup(clone, "apply", "alter.json")
    [undo] = [line for line in done.splitlines() if line.strip().startswith("trueup undo")]
    entry = undo.split()[2]
    shown = trueup(clone, "journal", "show", entry, "--env", "sample", "--system", "studybuddy")
    for command in undo.split(" && "):
        trueup(clone, *command.split()[1:])

    said = "enable row level security on public.audit_logs"
    assert said in planned
    assert "ACCESS EXCLUSIVE: nobody reads or writes the table until the commit" in planned
    assert "on the replica: every_table_in_public_has_row_level_security holds" in done
    assert said in done
    assert f"! {said}" in shown
    assert said in trueup(clone, "plan", name, "--env", "sample")


def test_what_is_called_in_stripe_is_taken_back(clone: Path) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    trueup(clone, "sample", "plant", "studybuddy", "webhook_endpoint_disabled")
    check = ("check", "studybuddy", "--env", "sample", "-k", "webhook_endpoint")

    before = trueup(clone, *check, code=1)
    name = "studybuddy.enable_webhook_endpoint"
    planned = trueup(clone, "plan", name, "--env", "sample", "--out", "call.json")
    done = trueup(clone, "apply", "call.json")
    after = trueup(clone, *check)
    [undo] = [line for line in done.splitlines() if line.strip().startswith("trueup undo")]
    for command in undo.split(" && "):
        trueup(clone, *command.split()[1:])

    assert "we_studybuddy" in before
    assert "> POST stripe:/v1/webhook_endpoints/we_studybuddy with disabled 'False'" in planned
    assert "call done: POST stripe:/v1/webhook_endpoints/we_studybuddy" in done
    assert "on the replica: the_webhook_endpoint_is_enabled holds" in done
    assert "1 passed" in after
    assert "we_studybuddy" in trueup(clone, *check, code=1)


def test_stripe_is_asked_by_several_workers(clone: Path) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    trueup(clone, "sample", "plant", "studybuddy", "subscriptions_not_mirrored")

    said = trueup(
        clone, "check", "studybuddy", "--env", "sample", "-k", "stripe", "-n", "2", code=1
    )

    assert "every live stripe subscription is mirrored: 5 violations" in said
    [page] = sorted(clone.glob("reports/2*/index.html"))[-1:]
    assert "StudyBuddy: test mode, API version 20" in page.read_text()


def test_the_doctor_finds_the_sample_well_once_it_has_its_journal(clone: Path) -> None:
    for system in systems():
        install = ("journal", "install", "--env", "sample", "--system", system)
        trueup(clone, *install, "--fixer", "trueup_fixer")

    said = trueup(clone, "doctor", "--env", "sample")

    assert "the role 'trueup_reader' can only read" in said
    assert " NO " not in said


def test_the_recorded_schema_is_current(clone: Path) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    recorded = clone / "invariants/studybuddy/schema.json"
    before = recorded.read_text()

    trueup(clone, "record", "studybuddy", "--env", "sample")

    assert recorded.read_text() == before


def test_the_catalog_page_is_current() -> None:
    said = trueup(ROOT, "list", "--format", "markdown")

    assert (ROOT / "docs" / "catalog.md").read_text() == said, "stale: run make docs"


def test_the_catalog_is_json_for_programs(clone: Path) -> None:
    rows = json.loads(trueup(clone, "list", "--format", "json"))

    assert {row["system"] for row in rows} == set(systems())
    assert all(row["fixes"] and row["harm"] and row["over"] for row in rows)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["list", "nowhere"], "has no system 'nowhere'"),
        (["list", "--env", "production"], "--env is said with --format github"),
        (["list", "--format", "xml"], "'xml' is not one of table, json, markdown"),
        (["check"], "Missing option '--env'"),
        (["check", "nowhere", "--env", "sample"], "no system 'nowhere'; it has studybuddy"),
        (["check", "--env", "moon"], "no environment 'moon'; trueup.toml has production"),
        (["check", "--env", "production"], "STUDYBUDDY_REPLICA_URL is not set"),
        (["plan", "nonsense", "--env", "sample"], "'nonsense' is no fix; write SYSTEM.FIX"),
        (["plan", "studybuddy.nope", "--env", "sample"], "there is no fix 'nope'"),
        (
            ["plan", "studybuddy.disable_user", "--env", "sample", "--invariant", "x"],
            "mends no 'x'",
        ),
        (["apply", "nowhere.json"], "no plan can be read from nowhere.json"),
        (["apply", "trueup.toml"], "the file is not a plan"),
        (["undo", "999", "--system", "studybuddy", "--env", "sample"], "999"),
        (["sample", "plant", "studybuddy", "nope"], "has no fault 'nope'; plant one of"),
        (["frobnicate"], "No such command 'frobnicate'"),
    ],
)
def test_what_cannot_be_meant_is_said_in_words(clone: Path, words: list[str], says: str) -> None:
    said = " ".join(trueup(clone, *words, code=2).replace("│", "").split())

    assert says in said


def test_the_faults_of_a_system_are_listed_without_a_name(clone: Path) -> None:
    listed = trueup(clone, "sample", "plant", "studybuddy")

    assert "  stuck_jobs: breaks every_running_ai_job_is_younger_than_five_minutes\n" in listed


def test_it_says_which_version_it_is_anywhere(tmp_path: Path) -> None:
    assert trueup(tmp_path, "--version") == f"trueup {version('trueup')}\n"


def test_outside_a_project_it_says_where_to_go(tmp_path: Path) -> None:
    assert "no trueup.toml here or above" in trueup(tmp_path, "list", code=2)


def test_a_plan_that_was_edited_is_refused(clone: Path) -> None:
    trueup(clone, "sample", "mend", "studybuddy")
    trueup(clone, "sample", "plant", "studybuddy", "stuck_jobs")
    words = ("plan", "studybuddy.fail_stuck_ai_jobs", "--env", "sample", "--out", "edited.json")
    trueup(clone, *words)
    plan = clone / "edited.json"
    plan.write_text(plan.read_text().replace('"failed"', '"completed"'))

    said = trueup(clone, "apply", "edited.json", code=2)

    assert "was changed after it was made; plan again" in said


def test_every_verb_and_option_has_a_help_text() -> None:
    bare = [
        f"{path} {parameter.name}"
        for path, command in _commands(typer.main.get_command(app), "trueup")
        for parameter in command.params
        if parameter.name != "help" and not getattr(parameter, "help", None)
        if parameter.param_type_name == "option"
    ]
    silent = [
        p for p, command in _commands(typer.main.get_command(app), "trueup") if not command.help
    ]

    assert (bare, silent) == ([], [])


def _commands(command, path: str):
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, f"{path} {name}")
