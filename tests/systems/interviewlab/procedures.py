"""InterviewLab's procedures, each with a row that an operator would type."""

from systems.procedure import Procedure

USER = "select id::text as user_id from auth.users where {} order by id limit 1"

PROCEDURES = (
    Procedure(
        "grant_interviews",
        USER.format("email_confirmed_at is not null"),
        {"interviews": "3", "reason": "the webhook failed", "tier": "professional"},
    ),
    Procedure("confirm_e_mail", USER.format("email_confirmed_at is null")),
)
