"""The service as its users meet it: it answers, quickly, lets its pages in, and keeps secrets."""

from trueup.library import (
    errors_stay_rare,
    every_path_answers,
    no_path_is_switched_off,
    no_secret_is_served_to_browsers,
    responses_are_fast,
    sign_ins_succeed,
    the_api_allows_our_pages,
    the_service_is_healthy,
)

# The backend's environment is NODE_ENV, which is production in staging as well.
test_the_service_is_healthy = the_service_is_healthy(
    "api",
    expect={"status": "ok", "environment": "production"},
    fresh="timestamp",
    runbook="health",
)
test_responses_are_fast = responses_are_fast("api", seconds=2, runbook="key-metrics")

test_the_auth_service_is_healthy = the_service_is_healthy(
    "supabase",
    "/auth/v1/health",
    expect={"name": "GoTrue"},
    harm="Nobody can sign in, and whoever is signed in is sent back to the door within the hour.",
    runbook="users-cannot-sign-in",
)
# A table, since the root would be answered from memory; a stranger sees no row of it.
test_the_data_api_answers = every_path_answers(
    "supabase",
    {"/rest/v1/user_profiles?select=id&limit=1": [200]},
    harm="Every page that shows something of the user's fails.",
    runbook="database-connections",
)
test_sign_ins_succeed = sign_ins_succeed(runbook="users-cannot-sign-in")

test_billing_routes_are_on = no_path_is_switched_off(
    "api",
    ["/billing"],
    fix="turn_billing_on",
    harm="Without its Stripe key the backend turns billing off: nobody can buy, and Stripe is told"
    " that nobody listens.",
    runbook="billing-and-stripe",
)
test_the_api_allows_our_frontend_origin = the_api_allows_our_pages(
    "api", "site", "/billing", runbook="users-cannot-sign-in"
)
test_no_secret_is_served_to_browsers = no_secret_is_served_to_browsers(
    "site", runbook="row-level-security"
)
test_errors_stay_rare = errors_stay_rare(runbook="key-metrics")
