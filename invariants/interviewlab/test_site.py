"""The site: its pages, its API and the project's own answer, and give nothing away."""

from trueup.library import every_path_answers, no_secret_is_served_to_browsers

RUNBOOK = "health"

test_the_site_is_up = every_path_answers(
    "site", {"/": [200]}, harm="Nobody can use it.", runbook=RUNBOOK
)
test_the_api_answers = every_path_answers(
    "site",
    {"/api/user/entitlements": [200, 401]},
    harm="Pages open, and nothing on them works: no interview starts and nothing is bought.",
    runbook=RUNBOOK,
)
# Without a key Supabase says 401, and not the 200 of the runbook.
test_the_data_api_answers = every_path_answers(
    "supabase",
    {"/rest/v1/": [200, 401]},
    harm="Every page that reads or writes data fails.",
    runbook=RUNBOOK,
)
test_no_secret_is_served_to_browsers = no_secret_is_served_to_browsers("site", runbook="roll-back")
