"""What the application lives on: its site, its sign-in, OpenAI, and the secret of its sessions."""

from trueup.library import (
    errors_stay_rare,
    every_path_answers,
    every_secret_is_younger_than,
    no_secret_is_served_to_browsers,
    the_ai_key_works,
    the_oauth_callback_is_ours,
)

test_the_site_is_up = every_path_answers(
    "site",
    {"/": [200], "/api/auth/providers": [200]},
    harm="Nobody can practise, or nobody can sign in.",
    runbook="outage",
)
test_the_oauth_callback_is_ours = the_oauth_callback_is_ours(
    harm="Google refuses them with a redirect mismatch, or sends them to another deployment.",
    runbook="sign-in-fails",
)
test_the_ai_key_works = the_ai_key_works(
    harm="No answer is written down or judged: every test that is taken now stays without a band.",
    runbook="tests-that-are-not-analysed",
)
test_errors_stay_rare = errors_stay_rare(runbook="what-to-watch")
test_no_secret_is_served_to_browsers = no_secret_is_served_to_browsers("site", runbook="security")
test_the_session_secret_is_younger_than_ninety_days = every_secret_is_younger_than(
    90,
    only=["NEXTAUTH_SECRET"],
    harm="Whoever once saw it (a laptop that was sold, somebody who left) can sign in as anybody.",
    runbook="security",
)
