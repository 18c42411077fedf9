"""What is a user's: what hangs on their account, and what names them without a foreign key."""

from trueup.library.person import SUPABASE_SECRETS, SUPABASE_TIES, Person, cleared, goes

PERSON = Person(
    account="auth.users.id",
    ties={
        **SUPABASE_TIES,
        # Whoever runs a workflow sees the run alone; without a user, the whole tenant would.
        "workflow_executions.user_id": goes(may_be_absent=True),
        "workflows.created_by": cleared({"created_by": None}),
        "tenant_members.invited_by": cleared({"invited_by": None}),
        "webhook_events: payload #>> '{data,object,metadata,user_id}'": goes(may_be_absent=True),
        "webhook_events: payload #>> '{data,object,customer}'": goes(
            of="subscriptions.stripe_customer_id", may_be_absent=True
        ),
    },
    secrets=SUPABASE_SECRETS,
    customer="subscriptions.stripe_customer_id",
)
