"""Issues of a repository: one an invariant, opened, updated, closed; never a row of anybody's."""

from collections.abc import Iterator, Sequence

import pytest
from msgspec.structs import replace

from engine.report.morning import believable
from engine.report.runs import record, run, stuck
from trueup.ci import actions, posting, tickets
from trueup.ci.github import GitHub
from trueup.errors import CiError, ConfigError
from trueup.model.run import Record
from trueup.model.verdict import Verdict

STUCK = "studybuddy.every_running_ai_job_is_younger_than_five_minutes"


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def github(repository, pauses) -> Iterator[GitHub]:
    found = GitHub(actions.here(), pauses.append)
    yield found
    found.close()


def post(github: GitHub, records: Sequence[Record], **more: object) -> list[tickets.Step]:
    return posting.post(run(records, **{"selection": ""} | more), github, actions.here().page)


def fine() -> Record:
    return replace(stuck(1), verdict=Verdict.HOLDS, count=0, keys=(), rows=())


def test_what_is_violated_is_opened_once(repository, github) -> None:
    post(github, [stuck(12), record("all_is_well")])
    post(github, [stuck(12), record("all_is_well")])

    [issue] = repository.issues.values()
    assert issue["title"].startswith("[P1] every running ai job is younger than five minutes")
    assert "12 violations, of" in issue["body"]
    assert "trueup plan studybuddy.fail_stuck_ai_jobs" in issue["body"]
    assert "https://github.example/acme/shop/actions/runs/77" in issue["body"]
    assert repository.comments == []


def test_an_issue_holds_nothing_of_a_row(repository, github) -> None:
    found = believable()
    post(github, found.records)

    said = "".join(one["title"] + one["body"] for one in repository.issues.values())
    keys = [key for one in found.records for key in one.keys]
    cells = [c for one in found.records for row in one.rows for c in row if isinstance(c, str)]
    assert len(repository.issues) > 4
    assert [value for value in {*keys, *cells} if len(value) > 10 and value in said] == []


def test_another_count_is_news_and_the_same_is_not(repository, github) -> None:
    post(github, [stuck(12)])
    post(github, [stuck(3)])
    post(github, [stuck(3)])

    [(number, said)] = repository.comments
    assert (number, said.split(".")[0]) == (1, "12 → 3")
    assert "3 violations, of" in repository.issues[1]["body"]


def test_it_is_closed_after_two_clean_runs_in_a_row(repository, github) -> None:
    post(github, [stuck(2)])
    post(github, [fine()])
    assert (repository.issues[1]["state"], repository.comments) == ("open", [])

    post(github, [stuck(2)])
    post(github, [fine()])
    assert repository.issues[1]["state"] == "open"

    done = post(github, [fine()])
    assert repository.issues[1]["state"] == "closed"
    assert "2 runs in a row found nothing" in repository.comments[-1][1]
    assert posting.told(done) == "issues: 0 opened, 0 updated, 1 closed"


def test_what_comes_back_is_opened_again_and_not_twice(repository, github) -> None:
    post(github, [stuck(2)])
    post(github, [fine()])
    post(github, [fine()])
    post(github, [stuck(5)])

    assert [(one["state"], one["number"]) for one in repository.issues.values()] == [("open", 1)]
    assert "Again, 5 violations" in repository.comments[-1][1]


def test_unknown_is_neither_clean_nor_one_issue_an_invariant(repository, github) -> None:
    post(github, [stuck(2)])
    names = [f"thing_{n}_is_true" for n in range(40)]
    dark = [record(name, Verdict.UNKNOWN, reason="the replica is stale") for name in names]
    hidden = replace(stuck(2), verdict=Verdict.UNKNOWN, reason="the replica is stale")
    post(github, [hidden, *dark])
    post(github, [hidden, *dark])

    first, second = repository.issues.values()
    assert (first["state"], second["title"]) == (
        "open",
        "[unknown] studybuddy could not be looked at (production)",
    )
    assert "the replica is stale: `" in second["body"]
    assert "and 38 more" in second["body"]
    assert repository.comments == []

    post(github, [stuck(2)])
    post(github, [stuck(2)])
    assert [one["state"] for one in repository.issues.values()] == ["open", "closed"]


def test_what_is_waived_is_counted_apart(repository, github) -> None:
    post(github, [replace(stuck(5), waived=3)])
    post(github, [replace(stuck(7), waived=5)])

    assert "2 violations, 3 more waived, of" in repository.issues[1]["body"]
    assert repository.comments == []


def test_a_system_that_is_dark_again_has_no_violations(repository, github) -> None:
    dark = [record("thing_is_true", Verdict.UNKNOWN, reason="the replica is stale")]
    for found in (dark, [fine()], [fine()], dark):
        post(github, found)

    assert "Again, 1 invariant unknown." in repository.comments[-1][1]


def test_what_was_not_selected_stays_as_it_is(repository, github) -> None:
    post(github, [stuck(2), record("hidden_now", Verdict.UNKNOWN, reason="timeout")])
    for _ in range(3):
        post(github, [record("something_else")], selection="-k else")

    assert [one["state"] for one in repository.issues.values()] == ["open", "open"]


def test_another_environment_has_issues_of_its_own(repository, github) -> None:
    post(github, [stuck(2)])
    post(github, [stuck(2)], environment="staging")
    for _ in range(2):
        post(github, [fine()], environment="staging")

    assert [one["state"] for one in repository.issues.values()] == ["open", "closed"]


def test_a_flood_is_opened_bit_by_bit_the_worst_first(repository, github) -> None:
    flood = [replace(stuck(1), name=f"n{n}", severity="P2") for n in range(30)]
    worst = replace(stuck(1), severity="P0")
    post(github, [*flood, worst])
    assert len(repository.issues) == tickets.OPENED
    assert repository.issues[1]["title"].startswith("[P0]")

    post(github, [*flood, worst])
    assert len(repository.issues) == 31


def test_issues_of_others_are_left_alone_and_all_pages_are_read(repository, github) -> None:
    repository.page = 2
    for number in range(5):
        repository.add(f"somebody wrote this {number}")
    post(github, [stuck(2)])
    post(github, [stuck(2)])

    assert len(repository.issues) == 6
    assert {one["state"] for one in repository.issues.values()} == {"open"}


def test_a_label_that_is_dropped_is_said(repository, github) -> None:
    repository.drops_labels = True
    with pytest.raises(CiError, match=r"without the label 'trueup'.*make that label"):
        post(github, [stuck(2)])


@pytest.mark.parametrize(
    ("troubles", "waited"),
    [
        ([(502, {})], [1.0]),
        ([(429, {"Retry-After": "7"})], [7.0]),
        ([(403, {"Retry-After": "9000"})], [60.0]),
    ],
)
def test_a_passing_trouble_is_waited_out(repository, github, pauses, troubles, waited) -> None:
    repository.troubles = troubles
    post(github, [stuck(2)])

    assert pauses == waited
    assert len(repository.issues) == 1


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "is GITHUB_TOKEN passed to the step"),
        (403, "does the job have the permission"),
        (410, "issues are turned off"),
        (500, "run the job again"),
    ],
)
def test_a_refusal_says_what_to_do_and_no_token(repository, github, status: int, says) -> None:
    repository.troubles = [(status, {})] * 3
    with pytest.raises(CiError, match=f"GitHub answers GET /issues with {status}; {says}") as told:
        post(github, [stuck(2)])

    assert "ghs_" not in str(told.value)


def test_what_might_be_made_twice_is_not_tried_again(repository, github) -> None:
    listed = list(github.listed("/issues", 1, labels="trueup", state="open"))
    repository.troubles = [(500, {})]
    with pytest.raises(CiError, match="GitHub answers POST /issues with 500"):
        github.post("/issues", {"title": "", "body": ""})

    assert (listed, len(repository.requests)) == ([], 2)


def test_outside_a_job_it_says_which_variable_is_missing(monkeypatch) -> None:
    for name in ("GITHUB_ACTOR", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="the variable GITHUB_ACTOR is not set"):
        actions.here({})
    given = dict.fromkeys(("GITHUB_ACTOR", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"), "x")
    with pytest.raises(ConfigError, match=r"GITHUB_TOKEN is not set.*env: GITHUB_TOKEN"):
        actions.here(given)


def test_what_is_found_in_maintenance_opens_no_issue_and_closes_none(repository, github) -> None:
    quiet = replace(stuck(2), maintenance="tuesday 02:00-04:00 UTC")
    dark = replace(quiet, verdict=Verdict.UNKNOWN, keys=(), rows=(), count=0)
    post(github, [quiet])
    assert repository.issues == {}

    post(github, [stuck(2)])
    for _ in range(3):
        post(github, [quiet])
        post(github, [dark])

    [issue] = repository.issues.values()
    assert issue["state"] == "open"


def test_a_run_that_was_stopped_closes_nothing_that_it_did_not_look_at(repository, github) -> None:
    post(github, [record("all_is_known", Verdict.UNKNOWN)])

    for _ in range(3):
        post(github, [record("all_is_well")], stopped=True)

    assert repository.issues[1]["state"] == "open"
