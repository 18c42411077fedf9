"""
Twenty checks of tables as InterviewLab has them, on which Trueup was not tuned.

The first fourteen are those of its catalog that violated rows can be planted for, word for word:
five conditions over one table, nine questions of another kind and no reference, for the database
guards its keys. Six more keep that proportion; they are what other systems' catalogs ask of such
tables. There are only the indexes that the system has, so most joins hash a whole table.
"""

from comparison.definition import CLOCK, Check, Definition, Table, key, one_of

CREATED = f"{CLOCK} - n % 300 * interval '1 day' - interval '2 days'"
LONG_AGO = f"({CLOCK} - interval '9 days') at time zone 'UTC'"
JUST_NOW = f"({CLOCK} - interval '5 minutes') at time zone 'UTC'"
NOW = {"now": "2026-11-02 12:00:00+00"}
TOKENS = (
    *("confirmation_token", "recovery_token", "email_change_token_new", "email_change"),
    *("email_change_token_current", "phone_change", "phone_change_token", "reauthentication_token"),
)
SPENT = "in (7, 8)"
"""Which entitlements, by the last digit of their number, were of one interview that was used."""
LEFT = f"case when (n + 1) / 2 % 10 {SPENT} then 0 else 4 end"
"""What is left of a history row's entitlement: each was bought in one row and used in the next."""
ACTION = """
    case when n % 2 = 0 then 'consume' when (n + 1) / 2 % 10 = 0 then 'grant' else 'purchase' end
"""
SESSION_STATUS = """
    case when n % 2 = 1 then 'complete' when n % 20 < 8 then 'intake' when n % 20 < 12 then 'ready'
         when n % 20 < 14 then 'running' else 'feedback' end
"""
FILE = """
    case when n % 2 = 1 then 'reports/' || (n + 1) / 2 else 'documents/' || n / 2 end || '.pdf'
"""


def odd(table: str) -> str:
    """Give the number of a row that no check breaks, so that what names it breaks no other."""
    return f"2 * ((n::bigint * 7919) % ({{{table}}} / 2)) + 1"


def package(session: str) -> str:
    """Give the number of the entitlement that a session was taken from."""
    return odd("entitlements").replace("n::bigint", f"({session})::bigint")


def candidate(session: str, shift: int = 0) -> str:
    """Give a session's user, who is that of its entitlement, or somebody else."""
    return key("auth.users", f"{package(session)} + {shift}")


TABLES = (
    Table(
        "auth.users",
        6,
        {
            "id": ("uuid primary key", key("auth.users")),
            "email": ("text", "'candidate' || n || '@example.org'"),
            "email_confirmed_at": ("timestamptz", f"{CREATED} + interval '2 minutes'"),
            "phone_confirmed_at": ("timestamptz", "null"),
            "confirmation_sent_at": ("timestamptz", CREATED),
            "invited_at": ("timestamptz", "null"),
            "deleted_at": ("timestamptz", "null"),
            "is_anonymous": ("boolean", "false"),
            "created_at": ("timestamptz", CREATED),
            "last_sign_in_at": ("timestamptz", f"{CREATED} + interval '1 day'"),
            **dict.fromkeys(TOKENS, ("text", "''")),
        },
        ("email",),
    ),
    Table(
        "profiles",
        6,
        {
            "id": ("uuid primary key", key("profiles")),
            "user_id": ("uuid", key("auth.users")),
            "plan": ("text", "case when n % 4 = 0 then 'pro' else 'free' end"),
            "created_at": ("timestamptz", CREATED),
        },
        ("user_id",),
    ),
    Table(
        "entitlements",
        5,
        {
            "id": ("uuid primary key", key("entitlements")),
            "user_id": ("uuid", key("auth.users")),
            "type": ("text", "'interview_package'"),
            "status": ("text", f"case when n % 10 {SPENT} then 'consumed' else 'active' end"),
            "remaining_interviews": ("integer", f"case when n % 10 {SPENT} then 0 else 4 end"),
            "tier": ("text", "case when n % 3 = 0 then 'elite' else 'starter' end"),
            "stripe_session_id": ("text", "case when n % 10 > 0 then 'cs_' || n end"),
            "whop_membership_id": ("text", "null"),
            "expires_at": ("timestamptz", f"{CLOCK} + interval '90 days'"),
            "consumed_at": ("timestamptz", f"case when n % 10 {SPENT} then {CREATED} end"),
            "created_at": ("timestamptz", CREATED),
        },
    ),
    Table(
        "entitlement_history",
        10,
        {
            "id": ("uuid primary key", key("entitlement_history")),
            "user_id": ("uuid", key("auth.users", "(n + 1) / 2")),
            "entitlement_id": ("uuid", key("entitlements", "(n + 1) / 2")),
            "action": ("text", ACTION),
            "previous_balance": ("integer", f"case when n % 2 = 0 then {LEFT} + 1 end"),
            "new_balance": ("integer", f"{LEFT} + n % 2"),
            "metadata": ("jsonb", "jsonb_build_object('source', 'webhook', 'n', n)"),
            "created_at": ("timestamptz", f"{CLOCK} - interval '9 days' + n % 2 * interval '-1 h'"),
        },
    ),
    Table(
        "sessions",
        16,
        {
            "id": ("uuid primary key", key("sessions")),
            "user_id": ("uuid", candidate("n")),
            "status": ("text", SESSION_STATUS),
            "job_title": ("text", "'engineer ' || n % 500"),
            "research_snapshot": ("jsonb", "jsonb_build_object('notes', repeat('word ', 20))"),
            "plan_tier": ("text", "case when n % 3 = 0 then 'paid' else 'free' end"),
            "stages_planned": ("integer", "n % 3 + 1"),
            "current_stage": ("integer", "1"),
            "turn_index": ("integer", "n % 9"),
            "entitlement_id": (
                "uuid",
                f"case when n % 3 = 0 then {key('entitlements', package('n'))} end",
            ),
            "last_activity": (
                "timestamp",
                f"case when n % 2 = 1 then {LONG_AGO} else {JUST_NOW} end",
            ),
            "created_at": ("timestamptz", CREATED),
        },
    ),
    Table(
        "turns",
        25,
        {
            "id": ("uuid primary key", key("turns")),
            "session_id": ("uuid", key("sessions", odd("sessions"))),
            "user_id": ("uuid", candidate(odd("sessions"))),
            "question": ("jsonb", "jsonb_build_object('text', repeat('why ', 9), 'n', n % 9)"),
            "answer_text": ("text", "repeat('because ', 12)"),
            "turn_type": ("text", "case when n % 8 = 0 then 'small_talk' else 'question' end"),
            "created_at": ("timestamptz", CREATED),
        },
    ),
    Table(
        "reports",
        8,
        {
            "id": ("uuid primary key", key("reports")),
            "session_id": ("uuid", key("sessions", "2 * n - 1")),
            "user_id": ("uuid", candidate("2 * n - 1")),
            "pdf_key": ("text", "'reports/' || n || '.pdf'"),
            "feedback": ("jsonb", "jsonb_build_object('score', n % 10)"),
            "created_at": ("timestamptz", CREATED),
        },
        ("session_id",),
    ),
    Table(
        "documents",
        8,
        {
            "id": ("uuid primary key", key("documents")),
            "user_id": ("uuid", key("auth.users", one_of("auth_users"))),
            "type": ("text", "case when n % 3 = 0 then 'jobspec' else 'cv' end"),
            "storage_key": ("text", "'documents/' || n || '.pdf'"),
            "extracted_text": ("text", "repeat('text ', 20)"),
            "created_at": ("timestamptz", CREATED),
        },
    ),
    Table(
        "storage.objects",
        16,
        {
            "id": ("uuid primary key", key("storage.objects")),
            "bucket_id": ("text", "case when n % 2 = 1 then 'reports' else 'uploads' end"),
            "name": ("text", FILE),
            "owner_id": ("text", f"({key('auth.users', one_of('auth_users'))})::text"),
            "metadata": (
                "jsonb",
                "jsonb_build_object('size', n % 5000 * 1000, 'mimetype', 'application/pdf')",
            ),
            "created_at": ("timestamptz", CREATED),
        },
        ("bucket_id, name",),
    ),
)

CATALOG = (
    Check(
        "every_turn_belongs_to_its_sessions_user",
        "query",
        "turns",
        """
        select turn.id, turn.session_id, turn.user_id, session.user_id as session_user_id,
               turn.created_at
        from turns as turn
        join sessions as session on session.id = turn.session_id
        where turn.user_id <> session.user_id
        order by turn.id
        """,
        {"user_id": candidate(odd("sessions"), 1)},
        violated=True,
    ),
    Check(
        "every_entitlement_was_paid_or_logged",
        "query",
        "entitlements",
        """
        select id, user_id, tier, status, remaining_interviews, created_at
        from entitlements as entitlement
        where stripe_session_id is null
          and to_jsonb(entitlement) ->> 'whop_membership_id' is null
          and not exists (
              select from entitlement_history as history
              where history.entitlement_id = entitlement.id
                and history.action in ('purchase', 'grant', 'expire')
          )
        order by id
        """,
        {"id": key("self-granted"), "stripe_session_id": "null"},
        violated=True,
    ),
    Check(
        "every_balance_equals_its_last_history_row",
        "query",
        "entitlements",
        """
        with last as (
            select distinct on (entitlement_id) entitlement_id, new_balance
            from entitlement_history
            order by entitlement_id, created_at desc, new_balance, id desc
        )
        select entitlement.id, entitlement.user_id, entitlement.status,
               coalesce(entitlement.remaining_interviews, 0) as balance, last.new_balance as booked
        from entitlements as entitlement
        left join last on last.entitlement_id = entitlement.id
        where coalesce(entitlement.remaining_interviews, 0) is distinct from last.new_balance
          and (last.entitlement_id is not null or entitlement.stripe_session_id is not null)
        order by entitlement.id
        """,
        {"remaining_interviews": "3"},
        violated=True,
    ),
    Check(
        "every_history_row_continues_the_last",
        "query",
        "entitlement_history",
        """
        select id, entitlement_id, user_id, action, previous_balance, left_before, new_balance,
               created_at
        from (
            select *, lag(new_balance) over (
                partition by entitlement_id order by created_at, new_balance desc, id
            ) as left_before
            from entitlement_history
        ) as chained
        where coalesce(previous_balance, 0) <> coalesce(left_before, 0)
        order by id
        """,
        {"previous_balance": "3"},
    ),
    Check(
        "no_balance_is_negative",
        "rule",
        "entitlements",
        "remaining_interviews < 0",
        {
            "id": key("negative"),
            "stripe_session_id": "null",
            "whop_membership_id": "'mem_' || n",
            "remaining_interviews": "-1",
        },
        violated=True,
        columns=("id", "user_id", "type", "status", "remaining_interviews", "expires_at"),
    ),
    Check(
        "no_spent_or_expired_entitlement_stays_active",
        "rule",
        "entitlements",
        """
        status = 'active'
          and (
              expires_at < :now
              or type is distinct from 'subscription' and coalesce(remaining_interviews, 0) = 0
          )
        """,
        {"status": "'active'", "expires_at": f"{CLOCK} - interval '1 day'"},
        columns=("id", "user_id", "type", "status", "remaining_interviews", "expires_at"),
        params=NOW,
    ),
    Check(
        "each_checkout_granted_once",
        "query",
        "entitlements",
        """
        select stripe_session_id, count(*) as rows
        from entitlements where stripe_session_id is not null
        group by stripe_session_id
        having count(*) > 1
        order by stripe_session_id
        """,
        {"stripe_session_id": "'cs_' || n - 1"},
        violated=True,
    ),
    Check(
        "every_paid_session_has_its_entitlement",
        "query",
        "sessions",
        """
        select session.id, session.user_id, session.status, session.entitlement_id,
               session.created_at,
               case when entitlement.id is null then 'names no entitlement'
                   else 'names that of another user' end as trouble
        from sessions as session
        left join entitlements as entitlement on entitlement.id = session.entitlement_id
        where session.plan_tier = 'paid'
          and (entitlement.id is null or entitlement.user_id <> session.user_id)
        order by session.id
        """,
        {"plan_tier": "'paid'", "entitlement_id": "null"},
        violated=True,
    ),
    Check(
        "no_session_is_past_its_stages",
        "rule",
        "sessions",
        "current_stage > stages_planned",
        {"current_stage": "4"},
        violated=True,
        columns=("id", "user_id", "status", "current_stage", "stages_planned"),
    ),
    Check(
        "no_running_session_is_idle_for_two_hours",
        "rule",
        "sessions",
        """
        status = 'running'
          and coalesce(last_activity, created_at at time zone 'UTC') < :deadline
        """,
        {"status": "'running'", "last_activity": LONG_AGO},
        columns=("id", "user_id", "status", "turn_index", "last_activity"),
        params={"deadline": "2026-11-02 10:00:00"},
    ),
    Check(
        "every_complete_session_has_its_report",
        "query",
        "sessions",
        """
        select session.id, session.user_id, session.last_activity,
               case when report.id is null then 'has no report'
                   when report.pdf_key is null then 'its report is empty'
                   else 'the file of its report is gone' end as trouble
        from sessions as session
        left join reports as report on report.session_id = session.id
        left join storage.objects as file
          on file.bucket_id = 'reports' and file.name = report.pdf_key
        where session.status = 'complete'
          and coalesce(session.last_activity, session.created_at at time zone 'UTC') < :deadline
          and file.id is null
          and (report.id is null or report.pdf_key is not null or report.feedback is null)
        order by session.id
        """,
        {"status": "'complete'", "last_activity": LONG_AGO},
        params={"deadline": "2026-11-02 11:00:00"},
    ),
    Check(
        "every_stored_file_belongs_to_a_user",
        "query",
        "storage.objects",
        """
        select file.id, file.bucket_id as bucket, file.name as path,
               case when file.owner_id is null then 'has no owner'
                   else 'has an owner who is gone' end as trouble
        from storage.objects as file
        where file.bucket_id <> all(array['public'])
          and file.name not like '%.emptyFolderPlaceholder'
          and not exists (
              select from auth.users as parent where parent.id::text = lower(file.owner_id)
          )
        order by file.id
        """,
        {"owner_id": "'nobody'"},
        violated=True,
    ),
    Check(
        "no_upload_exceeds_five_megabytes",
        "query",
        "storage.objects",
        """
        select id, bucket_id, (metadata ->> 'size')::bigint as size, created_at
        from storage.objects
        where bucket_id in ('uploads', 'cvs') and (metadata ->> 'size')::bigint > 5242880
        order by id
        """,
        {"metadata": "jsonb_build_object('size', 9000000)"},
    ),
    Check(
        "every_user_confirms_within_a_day",
        "rule",
        "auth.users",
        """
        email_confirmed_at is null and phone_confirmed_at is null and created_at < :deadline
          and email is not null and invited_at is null and deleted_at is null
          and not is_anonymous
        """,
        {"email_confirmed_at": "null"},
        violated=True,
        columns=("id as user_id", "created_at", "confirmation_sent_at"),
        params={"deadline": "2026-11-01 12:00:00+00"},
    ),
)

OTHERS = (
    Check(
        "no_user_has_null_tokens",
        "rule",
        "auth.users",
        " or ".join(f"{token} is null" for token in TOKENS),
        {"recovery_token": "null"},
        columns=("id", *(f"{token} is null as {token}" for token in TOKENS)),
    ),
    Check(
        "every_consumed_entitlement_says_when",
        "rule",
        "entitlements",
        "status = 'consumed' and consumed_at is null",
        {"status": "'consumed'", "consumed_at": "null"},
        violated=True,
        columns=("id", "status"),
    ),
    Check(
        "every_user_has_a_profile",
        "query",
        "profiles",
        """
        select id, created_at, last_sign_in_at
        from auth.users as account
        where deleted_at is null and not is_anonymous
          and not exists (select from profiles where profiles.user_id = account.id)
        order by id
        """,
        {"user_id": key("nobody")},
        violated=True,
    ),
    Check(
        "no_e_mail_is_registered_twice",
        "query",
        "auth.users",
        """
        select min(id::text) as id, count(*) as accounts,
               string_agg(id::text, ', ' order by id) as ids
        from auth.users
        group by lower(btrim(email))
        having count(*) > 1
        order by 1
        """,
        {"email": "'Candidate' || n - 1 || '@example.org'"},
    ),
    Check(
        "every_report_is_of_its_sessions_user",
        "query",
        "reports",
        """
        select report.id, report.session_id, report.user_id, session.user_id as session_user_id
        from reports as report
        join sessions as session on session.id = report.session_id
        where report.user_id <> session.user_id
        order by report.id
        """,
        {"user_id": candidate("2 * n - 1", 1)},
        violated=True,
    ),
    Check(
        "every_document_has_its_file",
        "query",
        "documents",
        """
        select document.id, document.user_id, document.storage_key
        from documents as document
        where document.type in ('cv', 'jobspec')
          and not exists (
              select from storage.objects as file
              where file.bucket_id = 'uploads' and file.name = document.storage_key
          )
        order by document.id
        """,
        {"storage_key": "'gone/' || n"},
    ),
)

DEFINITION = Definition(TABLES, (*CATALOG, *OTHERS))
