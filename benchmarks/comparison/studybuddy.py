"""Twenty checks of tables as StudyBuddy has them; what they share is what real ones share."""

from comparison.definition import CLOCK, Check, Definition, Table, key, one_of

DEADLINE = {"deadline": "2026-11-02 11:00:00+00"}
CREATED = f"{CLOCK} - n % 300 * interval '1 day' - interval '1 day'"
JUST_NOW = f"{CLOCK} - interval '1 minute'"
DONE = f"{CREATED} + interval '5 minutes'"
NOBODY = "md5('nobody' || n)::uuid"
COURSE = one_of("courses")
JOB_STATUS = """
    case when n % 100 < 85 then 'completed' when n % 100 < 93 then 'failed'
         when n % 100 < 95 then 'running' when n % 100 < 97 then 'queued' else 'needs_review' end
"""


def owner(course: str) -> str:
    """The user of a course, so that what hangs on the course is of the same user."""
    return key("users", f"({course}) % {{users}} + 1")


TABLES = (
    Table("users", 4, {"id": ("uuid primary key", key("users")), "email": ("text", "n || '@x.y'")}),
    Table(
        "profiles",
        4,
        {
            "id": ("uuid primary key", key("profiles")),
            "user_id": ("uuid", key("users")),
            "display_name": ("text", "'student ' || n"),
            "created_at": ("timestamptz", CREATED),
        },
        ("user_id",),
    ),
    Table(
        "subscriptions",
        4,
        {
            "id": ("uuid primary key", key("subscriptions")),
            "user_id": ("uuid", key("users")),
            "status": ("text", "case when n % 3 = 0 then 'active' else 'trialing' end"),
            "stripe_customer_id": ("text", "case when n % 3 = 0 then 'cus_' || n end"),
            "updated_at": ("timestamptz", CREATED),
        },
        ("user_id", "status"),
    ),
    Table(
        "user_credits",
        4,
        {
            "id": ("uuid primary key", key("users")),
            "balance": ("integer", "n % 50"),
            "monthly_allowance": ("integer", "50"),
        },
    ),
    Table(
        "courses",
        8,
        {
            "id": ("uuid primary key", key("courses")),
            "user_id": ("uuid", key("users", "n % {users} + 1")),
            "title": ("text", "'course ' || n"),
            "updated_at": ("timestamptz", CREATED),
        },
        ("user_id",),
    ),
    Table(
        "course_files",
        16,
        {
            "id": ("uuid primary key", key("course_files")),
            "course_id": ("uuid", key("courses", COURSE)),
            "user_id": ("uuid", owner(COURSE)),
            "file_size": ("integer", "n % 9000000 + 1000"),
            "extraction_status": ("text", "case when n % 9 = 0 then 'failed' else 'completed' end"),
            "extracted_text": ("text", "case when n % 9 > 0 then repeat('text ', 20) end"),
            "updated_at": ("timestamptz", CREATED),
        },
        ("course_id", "user_id"),
    ),
    Table(
        "ai_jobs",
        30,
        {
            "id": ("uuid primary key", key("ai_jobs")),
            "user_id": ("uuid", owner(COURSE)),
            "course_id": ("uuid", key("courses", COURSE)),
            "status": ("text", JOB_STATUS),
            "result_json": ("jsonb", "case when n % 100 < 85 then '[1, 2, 3]' end"),
            "error_message": ("text", "case when n % 100 between 85 and 92 then 'timeout' end"),
            "created_at": ("timestamptz", CREATED),
            "updated_at": (
                "timestamptz",
                f"case when n % 100 between 93 and 96 then {JUST_NOW} else {DONE} end",
            ),
        },
        ("user_id", "course_id", "status, updated_at"),
    ),
    Table(
        "credit_usage_events",
        30,
        {
            "id": ("uuid primary key", key("credit_usage_events")),
            "user_id": ("uuid", key("users", one_of("users"))),
            "credits_charged": ("integer", "n % 5 + 1"),
            "tokens_in": ("integer", "n % 4000"),
            "computed_cost_usd": ("numeric(10, 6)", "n % 4000 * 0.0000003"),
            "created_at": ("timestamptz", CREATED),
        },
        ("user_id", "created_at"),
    ),
)

CHECKS = (
    Check(
        "every_running_job_is_younger_than_an_hour",
        "rule",
        "ai_jobs",
        "status = 'running' and updated_at < :deadline",
        {
            "status": "'running'",
            "created_at": f"{CLOCK} - interval '9 days'",
            "updated_at": f"{CLOCK} - interval '8 days'",
        },
        violated=True,
        columns=("id", "status", "updated_at"),
        params=DEADLINE,
    ),
    Check(
        "every_queued_job_starts_within_an_hour",
        "rule",
        "ai_jobs",
        "status = 'queued' and updated_at < :deadline",
        {
            "status": "'queued'",
            "created_at": f"{CLOCK} - interval '9 days'",
            "updated_at": f"{CLOCK} - interval '8 days'",
        },
        columns=("id", "status", "updated_at"),
        params=DEADLINE,
    ),
    Check(
        "every_failed_job_says_why",
        "rule",
        "ai_jobs",
        "status = 'failed' and error_message is null",
        {"status": "'failed'", "error_message": "null"},
        violated=True,
        columns=("id", "status"),
    ),
    Check(
        "every_completed_job_has_its_result",
        "rule",
        "ai_jobs",
        "status = 'completed' and result_json is null",
        {"status": "'completed'", "result_json": "null"},
        columns=("id", "status"),
    ),
    Check(
        "no_job_is_updated_before_it_is_created",
        "rule",
        "ai_jobs",
        "updated_at < created_at",
        {"status": "'needs_review'", "updated_at": f"{CREATED} - interval '1 second'"},
        violated=True,
        columns=("id", "created_at", "updated_at"),
    ),
    Check(
        "every_completed_file_has_its_text",
        "rule",
        "course_files",
        "extraction_status = 'completed' and extracted_text is null",
        {"extraction_status": "'completed'", "extracted_text": "null"},
        violated=True,
        columns=("id", "extraction_status"),
    ),
    Check(
        "every_file_has_a_size_that_may_be",
        "rule",
        "course_files",
        "file_size <= 0 or file_size > 52428800",
        {"file_size": "0"},
        columns=("id", "file_size"),
    ),
    Check(
        "no_usage_is_negative",
        "rule",
        "credit_usage_events",
        "credits_charged < 0",
        {"credits_charged": "-3"},
        violated=True,
        columns=("id", "credits_charged"),
    ),
    Check(
        "every_usage_has_its_cost",
        "rule",
        "credit_usage_events",
        "tokens_in is not null and computed_cost_usd is null",
        {"computed_cost_usd": "null"},
        columns=("id", "tokens_in"),
    ),
    Check(
        "every_active_subscription_names_its_customer",
        "rule",
        "subscriptions",
        "status = 'active' and stripe_customer_id is null",
        {"status": "'active'", "stripe_customer_id": "null"},
        violated=True,
        columns=("id", "status"),
    ),
    Check(
        "no_balance_is_negative",
        "rule",
        "user_credits",
        "balance < 0",
        {"balance": "-1"},
        violated=True,
        columns=("id", "balance"),
    ),
    Check(
        "every_job_belongs_to_a_user",
        "reference",
        "ai_jobs",
        "user_id",
        {"user_id": NOBODY, "course_id": "null"},
        violated=True,
        parent="users.id",
    ),
    Check(
        "every_job_belongs_to_a_course",
        "reference",
        "ai_jobs",
        "course_id",
        {"course_id": NOBODY},
        parent="courses.id",
    ),
    Check(
        "every_file_belongs_to_a_user",
        "reference",
        "course_files",
        "user_id",
        {"user_id": NOBODY, "course_id": "null"},
        parent="users.id",
    ),
    Check(
        "every_file_belongs_to_a_course",
        "reference",
        "course_files",
        "course_id",
        {"course_id": NOBODY},
        violated=True,
        parent="courses.id",
    ),
    Check(
        "every_usage_belongs_to_a_user",
        "reference",
        "credit_usage_events",
        "user_id",
        {"user_id": NOBODY},
        parent="users.id",
    ),
    Check(
        "every_file_is_of_its_courses_user",
        "joined",
        "course_files",
        "child.user_id <> parent.user_id",
        {"user_id": key("users", f"({COURSE} + 1) % {{users}} + 1")},
        columns=("child.id", "child.user_id", "parent.user_id as owner"),
        parent="courses.id",
        by="course_id",
        violated=True,
    ),
    Check(
        "every_job_is_of_its_courses_user",
        "joined",
        "ai_jobs",
        "child.user_id <> parent.user_id",
        {"user_id": key("users", f"({COURSE} + 1) % {{users}} + 1")},
        columns=("child.id", "child.user_id", "parent.user_id as owner"),
        parent="courses.id",
        by="course_id",
    ),
    Check(
        "every_user_has_one_subscription",
        "query",
        "subscriptions",
        "select user_id, count(*) as times from subscriptions group by user_id having count(*) > 1",
        {"user_id": key("users", "n - 1")},
        violated=True,
    ),
    Check(
        "every_user_has_a_profile",
        "query",
        "profiles",
        "select id from users where not exists"
        " (select from profiles where profiles.user_id = users.id)",
        {"user_id": NOBODY},
        violated=True,
    ),
)

DEFINITION = Definition(TABLES, CHECKS)
