"""APIs outside, by a server that answers in their documented shapes, and with their errors."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.library.outcomes import keys, planned
from trueup.library import (
    a_backup_is_younger_than_a_day,
    e_mails_are_delivered,
    errors_stay_rare,
    sign_ins_succeed,
    the_ai_key_works,
    the_oauth_callback_is_ours,
    the_sending_domain_is_verified,
)
from trueup.model.change import Steps
from trueup.model.invariant import Invariant
from trueup.model.verdict import Outcome, Verdict
from trueup.sample.site import Site, apis

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
SETTINGS = {
    "sentry": {"organization": "acme", "project": 7},
    "supabase": {"project": "abcd"},
    "resend": {"domain": "Mail.Example.com"},
    "openai": {"models": ["small", "large"]},
}


def only(outcome: Outcome) -> dict[str, object]:
    """The row of the one violation."""
    assert outcome.verdict is Verdict.VIOLATED, outcome.reason
    [violation] = outcome.violations
    return dict(violation)


def steps(fix: str, outcome: Outcome) -> Steps:
    """What the fix tells a person to do about the one violation."""
    [found] = planned(fix, outcome)
    assert isinstance(found, Steps)
    return found


@pytest.mark.parametrize(
    ("failed", "number", "verdict"),
    [
        (5, 100, Verdict.HOLDS),
        (51, 1000, Verdict.VIOLATED),
        (19, 19, Verdict.HOLDS),
        (0, 1, Verdict.HOLDS),
    ],
)
def test_errors_are_rare_up_to_a_share_of_enough_requests(
    site: Site, outside, failed: int, number: int, verdict: Verdict
) -> None:
    apis.sentry(site, "acme", failed=failed, number=number)

    outcome = outside(errors_stay_rare(), settings=SETTINGS)

    assert outcome.verdict is verdict
    assert outcome.judged == {"probes": 1}


def test_where_nothing_was_counted_nothing_is_said(site: Site, outside) -> None:
    apis.sentry(site, "acme", failed=0, number=0)
    apis.sign_ins(site, "abcd", succeeded=0, number=0)
    counted = (errors_stay_rare(), sign_ins_succeed())
    quiet = (errors_stay_rare(may_be_empty=True), sign_ins_succeed(may_be_empty=True))

    unknown = [outside(invariant, settings=SETTINGS) for invariant in counted]

    assert [outcome.verdict for outcome in unknown] == [Verdict.UNKNOWN] * 2
    assert "counted no transaction" in unknown[0].reason
    assert "have no attempt to sign in" in unknown[1].reason
    assert {outside(one, settings=SETTINGS).verdict for one in quiet} == {Verdict.HOLDS}


def test_failed_requests_are_told_with_their_share(site: Site, outside) -> None:
    apis.sentry(site, "acme", failed=110, number=1000)

    outcome = outside(errors_stay_rare(), settings=SETTINGS)

    assert only(outcome) == {"of": "requests", "percent": 11.0, "number": 1000}
    assert steps("look_into_errors", outcome).title == "find out why 11.0 % of 1000 requests fail"


def test_sentry_is_asked_about_the_project_and_the_day(site: Site, outside) -> None:
    asked = "/api/0/organizations/acme/events/?project=7&dataset=spans&query=is_transaction:true"
    asked += "&start=2026-11-01T12:00:00&end=2026-11-02T12:00:00"
    rows = [{"failure_rate()": 0.0, "count()": 50}]
    site.answer("sentry", "GET", asked, json={"data": rows, "meta": {}})

    assert outside(errors_stay_rare(), settings=SETTINGS).verdict is Verdict.HOLDS


def test_a_backup_of_a_day_ago_will_do_and_an_older_one_will_not(site: Site, outside) -> None:
    invariant = a_backup_is_younger_than_a_day()

    apis.backups(site, "abcd", NOW - 3 * DAY, NOW - DAY)
    assert outside(invariant, settings=SETTINGS).verdict is Verdict.HOLDS
    apis.backups(site, "abcd", NOW - 3 * DAY, NOW - DAY - SECOND)
    outcome = outside(invariant, settings=SETTINGS)

    assert keys(outcome) == ["abcd"]
    assert only(outcome)["newest"] == NOW - DAY - SECOND
    assert "the newest is of 2026-11-01 11:59:59" in steps("look_into_backups", outcome).title


def test_a_backup_that_failed_is_none(site: Site, outside) -> None:
    apis.backups(site, "abcd", NOW, status="FAILED")

    outcome = outside(a_backup_is_younger_than_a_day(), settings=SETTINGS)

    assert (only(outcome)["newest"], only(outcome)["backups"]) == (None, 0)
    assert "there is none" in steps("look_into_backups", outcome).title


def test_a_point_in_time_to_go_back_to_counts_as_a_backup(site: Site, outside) -> None:
    apis.backups(site, "abcd", recoverable=NOW - timedelta(minutes=5))

    outcome = outside(a_backup_is_younger_than_a_day(), settings=SETTINGS)

    assert outcome.verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("succeeded", "number", "verdict"),
    [(90, 100, Verdict.HOLDS), (899, 1000, Verdict.VIOLATED), (0, 19, Verdict.HOLDS)],
)
def test_sign_ins_succeed_down_to_a_share_of_enough_attempts(
    site: Site, outside, succeeded: int, number: int, verdict: Verdict
) -> None:
    apis.sign_ins(site, "abcd", succeeded=succeeded, number=number)

    outcome = outside(sign_ins_succeed(), settings=SETTINGS)

    assert outcome.verdict is verdict
    if verdict is Verdict.VIOLATED:
        assert keys(outcome) == ["sign-ins"]
        assert "only 89.9 % of 1000" in steps("look_into_sign_ins", outcome).title


def test_logs_that_could_not_be_searched_are_unknown(site: Site, outside) -> None:
    path = "/v1/projects/abcd/analytics/endpoints/logs"
    site.answer("management", "GET", path, json={"result": [], "error": "timed out"})
    outcome = outside(sign_ins_succeed(), settings=SETTINGS)
    assert outcome.verdict is Verdict.UNKNOWN
    assert "could not search" in outcome.reason

    site.answer("management", "GET", path, json={"result": []})
    outcome = outside(sign_ins_succeed(), settings=SETTINGS)
    assert "did not count" in outcome.reason


def test_e_mails_are_counted_over_all_pages_and_only_those_that_came_to_an_end(
    site: Site, outside
) -> None:
    became = {"delivered": 150, "opened": 40, "queued": 30, "delivery_delayed": 9}
    apis.e_mails(site, NOW, {**became, "bounced": 5, "complained": 5})
    assert outside(e_mails_are_delivered()).verdict is Verdict.HOLDS

    apis.e_mails(site, NOW, {**became, "bounced": 6, "complained": 3, "failed": 1, "suppressed": 1})
    outcome = outside(e_mails_are_delivered())

    assert only(outcome) == {"of": "e-mails", "succeeded": 190, "number": 201, "percent": 94.5}
    assert "only 94.5 % of 201 e-mails" in steps("look_into_deliveries", outcome).title


def test_e_mails_before_the_day_are_not_judged(site: Site, outside) -> None:
    apis.e_mails(site, NOW - DAY, {"bounced": 50})

    assert outside(e_mails_are_delivered()).verdict is Verdict.HOLDS


def test_a_list_without_an_end_is_unknown(site: Site, outside, monkeypatch) -> None:
    monkeypatch.setattr("trueup.library.resend.PAGES", 2)
    apis.e_mails(site, NOW, {"delivered": 201})

    outcome = outside(e_mails_are_delivered())

    assert outcome.verdict is Verdict.UNKNOWN
    assert "more than 200 of /emails" in outcome.reason


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ({"mail.example.com": "verified"}, None),
        ({"mail.example.com": "pending"}, "pending"),
        ({"other.example.com": "verified"}, "not there"),
        ({}, "not there"),
    ],
)
def test_the_sending_domain_is_there_and_verified(
    site: Site, outside, known: dict[str, str], status: str | None
) -> None:
    apis.domains(site, known)

    outcome = outside(the_sending_domain_is_verified(), settings=SETTINGS)

    if status is None:
        assert outcome.verdict is Verdict.HOLDS
    else:
        assert only(outcome) == {"domain": "mail.example.com", "status": status}
        assert f"it is {status}" in steps("verify_sending_domain", outcome).title


def test_the_ai_key_is_taken_for_every_model_that_is_used(site: Site, outside) -> None:
    apis.models(site, "large", "small", "other")
    assert outside(the_ai_key_works(), settings=SETTINGS).verdict is Verdict.HOLDS

    apis.models(site, "large")
    outcome = outside(the_ai_key_works(), settings=SETTINGS)
    assert only(outcome) == {"what": "small", "trouble": "is not there for this key"}

    site.answer("openai", "GET", "/v1/models", status=401)
    outcome = outside(the_ai_key_works(), settings=SETTINGS)
    assert keys(outcome) == ["key"]
    assert steps("replace_ai_key", outcome).title == "have the AI answer again: key is refused"


def test_a_callback_is_ours_by_host_and_scheme(site: Site, outside) -> None:
    ours = Site.url("site")
    apis.providers(site, google=ours, github=ours)
    assert outside(the_oauth_callback_is_ours()).verdict is Verdict.HOLDS

    apis.providers(site, google=ours, github=ours.replace("http:", "https:"), gitlab="http://old")
    outcome = outside(the_oauth_callback_is_ours())

    assert keys(outcome) == ["github", "gitlab"]
    assert "it goes to old" in planned("correct_callback", outcome)[1].title


def test_a_site_without_providers_is_unknown(site: Site, outside) -> None:
    apis.providers(site)

    outcome = outside(the_oauth_callback_is_ours())

    assert outcome.verdict is Verdict.UNKNOWN
    assert "lists no provider" in outcome.reason


ALL = [
    pytest.param(errors_stay_rare(), "sentry", id="errors"),
    pytest.param(a_backup_is_younger_than_a_day(), "management", id="backup"),
    pytest.param(sign_ins_succeed(), "management", id="sign-ins"),
    pytest.param(e_mails_are_delivered(), "resend", id="e-mails"),
    pytest.param(the_sending_domain_is_verified(), "resend", id="domain"),
    pytest.param(the_ai_key_works(), "openai", id="ai"),
    pytest.param(the_oauth_callback_is_ours(), "site", id="callback"),
]


@pytest.mark.parametrize(("invariant", "address"), ALL)
def test_without_its_address_it_does_not_apply(outside, invariant: Invariant, address: str) -> None:
    outcome = outside(invariant, settings=SETTINGS)

    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert outcome.reason == f"this environment names no address '{address}'"


@pytest.mark.parametrize(("invariant", "address"), ALL)
def test_an_api_that_is_not_well_or_says_something_else_is_unknown(
    site: Site, outside, invariant: Invariant, address: str
) -> None:
    said = []
    for status, text in ((500, ""), (404, ""), (200, "{}"), (200, "<html>")):
        for path in (
            "/api/0/organizations/acme/events/",
            "/v1/projects/abcd/database/backups",
            "/v1/projects/abcd/analytics/endpoints/logs",
            "/emails",
            "/domains",
            "/v1/models",
            "/api/auth/providers",
        ):
            site.answer(address, "GET", path, status=status, text=text)
        said.append(outside(invariant, settings=SETTINGS))

    assert {outcome.verdict for outcome in said} == {Verdict.UNKNOWN}
    assert "is not well (500)" in said[0].reason
    assert "is not there (404); see that the settings name" in said[1].reason


@pytest.mark.parametrize(("invariant", "address"), ALL[:-1])
def test_settings_that_name_nothing_are_unknown_with_what_to_add(
    site: Site, outside, invariant: Invariant, address: str
) -> None:
    site.answer(address, "GET", "/emails", json={"data": [], "has_more": False})

    outcome = outside(invariant)

    if invariant.asks == ("http", "now"):
        assert outcome.verdict is Verdict.HOLDS, "e-mails need no settings"
    else:
        assert outcome.verdict is Verdict.UNKNOWN
        assert "add it in trueup.toml" in outcome.reason
