"""What is a student's: what hangs on their account, and what names them without a foreign key."""

from trueup.library.person import (
    SUPABASE_SECRETS,
    SUPABASE_TIES,
    Person,
    cleared,
    given_to,
    goes,
    stays,
)

PERSON = Person(
    account="auth.users.id",
    ties={
        **SUPABASE_TIES,
        "ai_jobs.user_id": goes(),
        "course_files.user_id": goes(),
        "admin_overrides.created_by": given_to("override_admin"),
        # The ids of events stay, so that none is handled twice.
        "webhook_events: payload #>> '{metadata,user_id}'": cleared({"payload": None}),
        "webhook_events: payload ->> 'customer'": cleared(
            {"payload": None}, of="subscriptions.stripe_customer_id"
        ),
        "audit_logs.actor_id": stays("What an administrator did must stay answerable."),
        "audit_logs.target_user_id": stays("To whom it was done is an id that names nobody now."),
    },
    secrets=SUPABASE_SECRETS,
    plain=("ai_jobs.input_hash",),
    customer="subscriptions.stripe_customer_id",
)
