import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import markupsafe
import pytest

from trueup.report.scrub import PATTERNS, PIECE, scrub

KINDS = [
    ("postgresql://u:hunter2@db/x", "a connection string with its password"),
    ("key sk_live_4eC39HqLyjWDarjt", "a Stripe key"),
    ("key rk_test_4eC39HqLyjWDarjt", "a Stripe key"),
    ("whsec_MfKQ9r8GKYqrTwjUPD8I", "a webhook's signing secret"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZSJ9.c2ln", "a JSON web token"),
    ("by jane.doe+x@mail.example.com now", "an e-mail address"),
    ("by jane%40example.com", "an e-mail address"),
    ("by مها@مثال.السعودية", "an e-mail address"),
    ("postgresql%3A%2F%2Fu%3Ahunter2%40db%2Fx", "a connection string with its password"),
    ("host=db user=u password=hunter2 dbname=x", "a password"),
    ("PGPASSWORD=".lower() + "hunter2", "a password"),
    ("AKIA" + "IOSFODNN7EXAMPLE", "an AWS key"),
    ("ASIA" + "IOSFODNN7EXAMPLE", "an AWS key"),
    ("ghp_" + "a1B2" * 9, "a GitHub token"),
    ("gho_" + "a1B2" * 9, "a GitHub token"),
    ("ghs_" + "a1B2" * 9, "a GitHub token"),
    ("github_pat_" + "a1B2" * 9, "a GitHub token"),
    ("glpat-" + "a1B2" * 5, "a GitLab token"),
    ("xoxb-" + "1234567890-abc", "a Slack token"),
    ("https://hooks.slack.com/services/T0/B0/" + "abc", "a Slack webhook"),
    ("sk-proj-" + "a1B2" * 9, "a key of an AI provider"),
    ("AIza" + "SyA1" * 9, "a Google key"),
    ("sb_secret_" + "a1B2c3D4", "a Supabase key"),
    ("sbp_" + "0a1b" * 10, "a Supabase key"),
    ("sbp_" + "oauth_" + "0a1b" * 10, "a Supabase key"),
    ("napi_" + "0a1b" * 10, "a Neon key"),
    ("re_" + "a1B2c3D4_" + "a1B2" * 5, "a Resend key"),
    ("SG." + "a1B2" * 5 + "." + "a1B2" * 9, "a SendGrid key"),
    ("sntrys_" + "a1B2" * 9, "a Sentry token"),
    ("npm_" + "a1B2" * 9, "a token of a package registry"),
    ("pypi-AgE" + "a1B2" * 9, "a token of a package registry"),
    ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
    ("Authorization: Bearer " + "a1B2" * 9, "a header that authorizes"),
    ("Authorization: Basic " + "dXNlcjpodW50ZXIy", "a header that authorizes"),
    ("call +49 170 1234567 now", "a telephone number"),
    ("call +1 (212) 555-0199", "a telephone number"),
]


@pytest.mark.parametrize(("text", "kind"), KINDS)
def test_the_scrubber_names_the_kind_of_a_secret(text: str, kind: str) -> None:
    assert scrub(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "set work_mem and risk_test_overrides",
        "no_secret_is_served_to_browsers looks for sk_live_ and whsec_",
        "@media print { a { color: red } } @invariant(severity='P1')",
        "https://example.com:5432/a@b at 2026-11-20T06:23:41Z, pytest@9.2.0",
        "eyJ is how a token starts; select '%@%' from auth.users",
        "where encrypted_password = '' or password = :known or password=:known",
        "task-force, risk-averse, sk-learn, ask-the-other-helper-about-what-it-does-here",
        "Basic understanding of Bearer tokens; are_there_any_more_of_these_names_here",
        "clock +0.3 s, at 2026-11-20T06:23:41+00:00, 10,000+ of 12, a+1000000000, +12",
        "7012e635-a6bd-b875-e4e1-eeef34aa3515 and " + "0a1b" * 16,
    ],
)
def test_the_scrubber_leaves_plain_words_alone(text: str) -> None:
    assert scrub(text) == []


@pytest.mark.parametrize("secret", ['pä"ss w<o>rd/1', "hunter2hunter2", "it's&that%"])
@pytest.mark.parametrize("write", [str, quote, quote_plus, json.dumps, markupsafe.escape])
def test_a_known_password_is_found_however_it_is_written(
    secret: str, write: Callable[[str], str]
) -> None:
    assert scrub(f"said {write(secret)} there", [secret]) == ["a password of the configuration"]


@pytest.mark.parametrize("before", [0, 1, 30, 200, 1000])
def test_a_known_password_is_found_where_a_text_is_parted(before: int) -> None:
    secret = "pass&word \U0001f600"
    written = "".join(f"&#x{ord(letter):04x};" for letter in quote(secret, safe=""))

    text = "x" * (PIECE - before) + written

    assert scrub(text, [secret]) == ["a password of the configuration"]


def test_a_short_password_is_looked_for_only_where_a_password_stands() -> None:
    assert scrub("a pw is not told, and neither is an empty one", ["pw", ""]) == []
    assert "a password of the configuration" in scrub("u:pw@db", ["pw"])


def test_the_scrubber_is_done_with_a_large_text_in_no_time() -> None:
    text = "x" * 2_000_000 + "@" * 1000 + "a." * 100_000

    assert scrub(text, ["hunter2hunter2"]) == []


def test_each_kind_of_secret_is_tried_here() -> None:
    assert {kind for _, kind in KINDS} == {kind for kind, _ in PATTERNS}
