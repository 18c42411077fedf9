"""
StudyBuddy's faults: for each invariant, rows that break it beside rows that only look as if.

Each fault has users, courses and Stripe customers of its own, so that all can be planted at once.
"""

from datetime import datetime, timedelta
from hashlib import md5
from uuid import UUID

from trueup.sample import CLOCK
from trueup.sample.faults import Fault
from trueup.sample.planting import LONG_AGO, ago, keys, quietly, row, supabase_user, uid
from trueup.sample.site import Site, apis
from trueup.sample.stripe.account import Account

PRO = UUID(md5(b"plan-pro", usedforsecurity=False).hexdigest())
ADMIN = UUID(md5(b"user-1", usedforsecurity=False).hexdigest())


def profile(name: str, is_disabled: bool | None = False) -> str:
    """The profile of the user of this name."""
    return row(
        "public.profiles",
        id=uid(f"{name} profile"),
        user_id=uid(name),
        email=f"{name.replace(' ', '.')}@example.com",
        display_name=name,
        is_disabled=is_disabled,
        created_at=LONG_AGO,
        updated_at=LONG_AGO,
    )


def student(name: str, is_disabled: bool | None = False, **changed: object) -> str:
    """An account and its profile."""
    return supabase_user(name, **changed) + profile(name, is_disabled)


def course(name: str, owner: str) -> str:
    """A course of this user."""
    return row(
        "public.courses",
        id=uid(name),
        user_id=uid(owner),
        title=name,
        created_at=ago(days=90),
        updated_at=ago(days=90),
    )


def job(
    name: str,
    owner: str,
    status: str,
    updated: datetime,
    course: str | None = None,
    *,
    created: datetime | None = None,
) -> str:
    """An AI job; unless told, it was asked for more than an hour ago, so that nobody floods."""
    return row(
        "public.ai_jobs",
        id=uid(name),
        user_id=uid(owner),
        course_id=uid(course) if course else None,
        job_type="extract_topics",
        status=status,
        error_message="The provider answered 503" if status == "failed" else None,
        created_at=created or min(updated, ago(hours=2)),
        updated_at=updated,
    )


def file(name: str, owner: str, course: str, status: str, updated: datetime) -> str:
    """A file of a course."""
    return row(
        "public.course_files",
        id=uid(name),
        course_id=uid(course),
        user_id=uid(owner),
        file_path=f"{uid(owner)}/{uid(course)}/{uid(name)}.pdf",
        file_name="chapter-1.pdf",
        file_size=250000,
        extraction_status=status,
        created_at=min(updated, ago(hours=2)),
        updated_at=updated,
    )


def subscription(name: str, status: str, **changed: object) -> str:
    """A student and their subscription: one that never paid, unless told otherwise."""
    values: dict[str, object] = {
        "id": uid(f"{name} subscription"),
        "user_id": uid(name),
        "status": status,
        "trial_start": ago(days=6),
        "trial_end": CLOCK + timedelta(days=8),
        "created_at": ago(days=90),
        "updated_at": ago(days=6),
    }
    return student(name) + row("public.subscriptions", **values | changed)


def paid(name: str) -> dict[str, object]:
    """What Stripe's events leave in the subscription of this user, and the plan."""
    return {
        "plan_id": PRO,
        "trial_start": ago(days=90),
        "trial_end": ago(days=76),
        "current_period_start": ago(days=6),
        "current_period_end": CLOCK + timedelta(days=24),
        "stripe_customer_id": f"cus_{uid(name).hex[:18]}",
        "stripe_subscription_id": f"sub_{uid(name).hex[:18]}",
        "stripe_event_id": f"evt_{uid(name).hex[:18]}",
        "last_webhook_at": ago(days=6, seconds=-1),
    }


def payer(name: str, status: str = "active", tier: str | None = "pro", **changed: object) -> str:
    """A student who pays, with what Stripe told last, and credits unless told otherwise."""
    statements = subscription(name, status, **paid(name) | changed)
    statements += told(name, ago(days=6), status)
    return statements + (credits_of(name, tier) if tier else "")


def credits_of(name: str, tier: str) -> str:
    """The credits of a user."""
    return row(
        "public.user_credits",
        user_id=uid(name),
        balance=40,
        monthly_allowance=50 if tier == "free" else 1500,
        plan_tier=tier,
        last_reset_date=ago(days=6),
        updated_at=ago(days=6),
        billing_anchor_date=ago(days=90).date(),
    )


def told(
    name: str,
    when: datetime,
    status: str = "active",
    event: str | None = None,
    kind: str = "customer.subscription.updated",
) -> str:
    """An event of Stripe's about this user's subscription, recorded at that time."""
    price = {"id": "price_pro_monthly", "object": "price", "product": "prod_studybuddy_pro"}
    period = {
        "object": "subscription_item",
        "current_period_start": int(ago(days=6).timestamp()),
        "current_period_end": int(ago(days=-24).timestamp()),
        "price": price,
    }
    payload: dict[str, object] = {
        "id": f"sub_{uid(name).hex[:18]}",
        "object": "subscription",
        "customer": f"cus_{uid(name).hex[:18]}",
        "status": status,
        "items": {"object": "list", "data": [period]},
        "metadata": {"user_id": str(uid(name))},
    }
    return recorded(f"evt_{uid(event or name).hex[:18]}", kind, when, payload)


def recorded(event: str, kind: str, when: datetime, payload: dict[str, object] | None) -> str:
    """A row of the events that the webhook has seen."""
    return row(
        "public.webhook_events",
        id=uid(event),
        event_id=event,
        event_type=kind,
        payload=payload,
        processed_at=when,
        created_at=when,
    )


def sub_of(*names: str) -> frozenset[str]:
    """The ids that Stripe has for these users' subscriptions."""
    return frozenset(f"sub_{uid(name).hex[:18]}" for name in names)


def changed(
    account: Account, name: str, when: datetime, kind: str = "updated", **said: object
) -> None:
    """Let this user's subscription change in Stripe, and nobody here hear of it."""
    [number] = sub_of(name)
    one = account.objects["subscriptions"][number]
    one.update(said)
    account.event(f"evt_of_{uid(name).hex[:8]}_{kind}", f"customer.subscription.{kind}", one, when)


def renewed(account: Account, name: str, ends: datetime) -> None:
    """Let this user's subscription end at another time in Stripe."""
    [number] = sub_of(name)
    [item] = account.objects["subscriptions"][number]["items"]["data"]
    item["current_period_end"] = int(ends.timestamp())


def subscribed(account: Account, name: str, since: datetime, **said: object) -> None:
    """A subscription in Stripe of a user who has no row here."""
    [number] = sub_of(name)
    customer = f"cus_{uid(name).hex[:18]}"
    account.add("customers", customer, since)
    account.subscription(
        number,
        customer,
        "price_pro_monthly",
        created=since,
        ends=CLOCK + timedelta(days=20),
        **{"metadata": {"user_id": str(uid(name))}, **said},
    )


def override(
    name: str,
    quota: dict[str, int],
    updated: datetime,
    notes: str | None = "Research partner",
    created_by: UUID | None = ADMIN,
) -> str:
    """An admin's favour to a user."""
    return row(
        "public.admin_overrides",
        id=uid(f"{name} override"),
        user_id=uid(name),
        quota_overrides=quota,
        notes=notes,
        created_by=created_by,
        created_at=updated,
        updated_at=updated,
    )


def role(owner: str, name: str) -> str:
    """A role of a user."""
    return row(
        "public.user_roles",
        id=uid(f"{owner} {name}"),
        user_id=uid(owner),
        role=name,
        created_at=LONG_AGO,
    )


def asked(owner: str, times: int, since: datetime) -> str:
    """So many jobs of one user, a second apart, all done within ten seconds."""
    moments = [since + timedelta(seconds=second) for second in range(times)]
    return "".join(
        job(
            f"{owner} job {number}",
            owner,
            "completed",
            updated=moment + timedelta(seconds=10),
            created=moment,
        )
        for number, moment in enumerate(moments, start=1)
    )


AI_JOBS = (
    Fault(
        name="stuck_jobs",
        invariant="every_running_ai_job_is_younger_than_five_minutes",
        # The shared course has a fresh job too: failing its file would break a healthy extraction.
        plant=quietly(
            student("stuck"),
            course("stuck lone", "stuck"),
            job("stuck 1", "stuck", "running", ago(minutes=5, seconds=1), "stuck lone"),
            file("stuck lone file", "stuck", "stuck lone", "extracting", ago(minutes=10)),
            course("stuck shared", "stuck"),
            job("stuck 2", "stuck", "running", ago(hours=3), "stuck shared"),
            job("stuck fresh", "stuck", "running", ago(minutes=1), "stuck shared"),
            job("stuck failed", "stuck", "failed", ago(days=3), "stuck shared"),
            file("stuck shared file", "stuck", "stuck shared", "extracting", ago(minutes=10)),
            job("stuck 3", "stuck", "running", ago(days=2)),
        ),
        keys=keys("stuck 1", "stuck 2", "stuck 3"),
        near_misses=quietly(
            student("nearly stuck"),
            job("nearly stuck 1", "nearly stuck", "running", ago(minutes=5)),
            job("nearly stuck 2", "nearly stuck", "running", ago(minutes=4), created=ago(days=4)),
            job("nearly stuck 3", "nearly stuck", "queued", ago(minutes=10)),
            job("nearly stuck 4", "nearly stuck", "completed", ago(days=2)),
            job("nearly stuck 5", "nearly stuck", "needs_review", ago(days=2)),
        ),
    ),
    Fault(
        name="jobs_never_started",
        invariant="every_queued_ai_job_starts_within_fifteen_minutes",
        plant=quietly(
            student("waiting"),
            course("waiting course", "waiting"),
            job("waiting 1", "waiting", "queued", ago(minutes=15, seconds=1), "waiting course"),
            file("waiting file", "waiting", "waiting course", "extracting", ago(minutes=16)),
            job("waiting 2", "waiting", "queued", ago(days=4)),
        ),
        keys=keys("waiting 1", "waiting 2"),
        near_misses=quietly(
            student("nearly late"),
            job("nearly late 1", "nearly late", "queued", ago(minutes=15)),
            job("nearly late 2", "nearly late", "queued", ago(minutes=1), created=ago(days=4)),
            job("nearly late 3", "nearly late", "running", ago(minutes=4)),
            job("nearly late 4", "nearly late", "failed", ago(days=4)),
        ),
    ),
    Fault(
        name="abandoned_extractions",
        invariant="every_extracting_file_has_a_live_job",
        plant=quietly(
            student("left"),
            student("left friend"),
            course("left 1", "left"),
            file("left file 1", "left", "left 1", "extracting", ago(minutes=5, seconds=1)),
            job("left failed", "left", "failed", ago(minutes=90), "left 1"),
            course("left 2", "left"),
            file("left file 2", "left", "left 2", "extracting", ago(days=3)),
            job("left of another user", "left friend", "queued", ago(minutes=2), "left 2"),
            course("left 3", "left"),
            file("left file 3", "left", "left 3", "extracting", ago(hours=1)),
            course("left elsewhere", "left"),
            job("left of another course", "left", "running", ago(minutes=2), "left elsewhere"),
            job("left of no course", "left", "running", ago(minutes=2)),
        ),
        keys=keys("left file 1", "left file 2", "left file 3"),
        near_misses=quietly(
            student("nearly left"),
            course("nearly left 1", "nearly left"),
            file("near file 1", "nearly left", "nearly left 1", "extracting", ago(minutes=5)),
            file("near file 2", "nearly left", "nearly left 1", "pending", ago(days=3)),
            file("near file 3", "nearly left", "nearly left 1", "extracted", ago(days=3)),
            course("nearly left 2", "nearly left"),
            file("near file 4", "nearly left", "nearly left 2", "extracting", ago(days=3)),
            job("nearly left", "nearly left", "queued", ago(minutes=2), "nearly left 2"),
        ),
    ),
    Fault(
        name="failing_day",
        invariant="ai_jobs_of_the_last_day_succeed",
        plant=quietly(
            student("failing"),
            *(
                job(f"failing {number}", "failing", "failed", ago(minutes=65 + 8 * number))
                for number in range(170)
            ),
        ),
        keys=frozenset({"last_day"}),
        near_misses=quietly(
            student("nearly failing"),
            *(
                job(f"{status} {when} {number}", "nearly failing", status, when)
                for status, when in (
                    ("failed", ago(days=1, seconds=1)),
                    ("failed", CLOCK),
                    ("needs_review", ago(hours=8)),
                )
                for number in range(150)
            ),
        ),
    ),
    Fault(
        name="busy_though_disabled",
        invariant="no_disabled_user_has_a_live_ai_job",
        plant=quietly(
            student("banned", is_disabled=True),
            job("banned 1", "banned", "queued", ago(minutes=1)),
            job("banned 2", "banned", "running", ago(minutes=2)),
        ),
        keys=keys("banned 1", "banned 2"),
        near_misses=quietly(
            student("nearly banned 1", is_disabled=True),
            job("nearly banned 1", "nearly banned 1", "completed", ago(minutes=70)),
            job("nearly banned 2", "nearly banned 1", "needs_review", ago(minutes=70)),
            student("nearly banned 2", is_disabled=None),
            job("nearly banned 3", "nearly banned 2", "running", ago(minutes=2)),
            student("nearly banned 3"),
            job("nearly banned 4", "nearly banned 3", "queued", ago(minutes=1)),
        ),
    ),
    Fault(
        name="floods",
        invariant="no_user_floods_ai_jobs",
        plant=quietly(
            student("flood free"),
            asked("flood free", 4, ago(hours=1)),
            subscription("flood trial", "trialing"),
            credits_of("flood trial", "trial"),
            asked("flood trial", 4, ago(minutes=1)),
            payer("flood pro"),
            asked("flood pro", 51, ago(minutes=50)),
            payer("flood limited"),
            override("flood limited", {"ai_extractions": 5}, ago(days=9)),
            asked("flood limited", 6, ago(minutes=40)),
        ),
        keys=keys("flood free", "flood trial", "flood pro", "flood limited"),
        near_misses=quietly(
            student("no flood 1"),
            asked("no flood 1", 4, ago(hours=1, seconds=1)),
            student("no flood 2"),
            asked("no flood 2", 3, ago(minutes=30)),
            job("no flood just now", "no flood 2", "queued", CLOCK, created=CLOCK),
            payer("no flood 3"),
            asked("no flood 3", 50, ago(minutes=50)),
            payer("no flood 4", "canceled", tier="free"),
            asked("no flood 4", 3, ago(minutes=30)),
            student("no flood 5"),
            override("no flood 5", {"ai_extractions": -1}, ago(days=9)),
            asked("no flood 5", 60, ago(minutes=30)),
            student("no flood 6"),
            override("no flood 6", {"ai_extractions": 20}, ago(days=9)),
            asked("no flood 6", 20, ago(minutes=30)),
            payer("no flood 7"),
            override("no flood 7", {"courses": 5}, ago(days=9)),
            asked("no flood 7", 20, ago(minutes=30)),
            student("no flood 8", is_disabled=True),
            asked("no flood 8", 10, ago(minutes=30)),
        ),
    ),
)

USERS = (
    Fault(
        name="orphaned_jobs",
        invariant="every_ai_job_belongs_to_a_user",
        plant=quietly(
            job("orphan job 1", "orphan nobody", "completed", ago(days=20)),
            job("orphan job 2", "orphan nobody", "failed", ago(days=19)),
            student("orphan host"),
            course("orphan course", "orphan host"),
            job("orphan job 3", "orphan stranger", "completed", ago(days=9), "orphan course"),
        ),
        keys=keys("orphan job 1", "orphan job 2", "orphan job 3"),
        near_misses=quietly(
            student("nearly orphan 1", deleted_at=ago(days=5)),
            job("nearly orphan job 1", "nearly orphan 1", "completed", ago(days=20)),
            supabase_user("nearly orphan 2", is_anonymous=True),
            job("nearly orphan job 2", "nearly orphan 2", "completed", ago(days=20)),
        ),
    ),
    Fault(
        name="orphaned_files",
        invariant="every_course_file_belongs_to_a_user",
        plant=quietly(
            student("file host"),
            course("file course", "file host"),
            file("orphan file 1", "file nobody", "file course", "completed", ago(days=20)),
            file("orphan file 2", "file stranger", "file course", "pending", ago(days=20)),
        ),
        keys=keys("orphan file 1", "orphan file 2"),
        near_misses=quietly(
            student("file owner"),
            student("file friend", deleted_at=ago(days=5)),
            course("file course 2", "file owner"),
            file("file of a friend", "file friend", "file course 2", "completed", ago(days=20)),
        ),
    ),
    Fault(
        name="orphaned_profiles",
        invariant="every_profile_belongs_to_a_user",
        # As a restore leaves it that brought the rows and not the key.
        plant="alter table public.profiles drop constraint profiles_user_id_fkey;\n"
        + quietly(profile("gone 1"), profile("gone 2"), credits_of("gone 2", "free")),
        keys=keys("gone 1 profile", "gone 2 profile"),
        near_misses=quietly(
            student("profile of the deleted", deleted_at=ago(days=5)),
            student("profile of the banned", is_disabled=True, banned_until=ago(days=-900)),
        ),
        also={
            "the_schema_is_the_one_we_recorded": frozenset(
                {"public.profiles constraint profiles_user_id_fkey"}
            )
        },
    ),
    Fault(
        name="orphaned_courses",
        invariant="every_course_belongs_to_a_user",
        plant="alter table public.courses drop constraint courses_user_id_fkey;\n"
        + quietly(
            course("orphaned course 1", "course nobody"),
            file("orphaned file", "course nobody", "orphaned course 1", "completed", ago(days=9)),
            course("orphaned course 2", "course stranger"),
        ),
        keys=keys("orphaned course 1", "orphaned course 2"),
        near_misses=quietly(
            student("course of the deleted", deleted_at=ago(days=5)),
            course("nearly orphaned course", "course of the deleted"),
        ),
        also={
            "every_course_file_belongs_to_a_user": keys("orphaned file"),
            "the_schema_is_the_one_we_recorded": frozenset(
                {"public.courses constraint courses_user_id_fkey"}
            ),
        },
    ),
    Fault(
        name="missing_profiles",
        invariant="every_user_has_a_profile",
        plant=quietly(supabase_user("faceless 1"), supabase_user("faceless 2", is_sso_user=True)),
        keys=keys("faceless 1", "faceless 2"),
        near_misses=quietly(
            supabase_user("faceless deleted", deleted_at=ago(days=5)),
            supabase_user("faceless guest", is_anonymous=True),
            student("nameless"),
        ),
    ),
)

SUBSCRIPTIONS = (
    Fault(
        name="subscriptions_without_plan",
        invariant="every_active_subscription_has_a_plan",
        # The second is as the webhook leaves it: the credits' trigger takes it for a free one.
        plant=quietly(
            payer("planless 1", plan_id=None), payer("planless 2", tier="free", plan_id=None)
        ),
        keys=keys("planless 1 subscription", "planless 2 subscription"),
        near_misses=quietly(
            payer("planless overdue", "past_due", tier="free", plan_id=None),
            payer("planless canceled", "canceled", tier="free", plan_id=None),
            subscription("planless trial", "trialing"),
            credits_of("planless trial", "trial"),
        ),
        also={"every_paying_user_has_pro_credits": keys("planless 2 subscription")},
    ),
    Fault(
        name="payers_without_credits",
        invariant="every_paying_user_has_pro_credits",
        plant=quietly(
            payer("poor 1", tier="free"), payer("poor 2", tier="trial"), payer("poor 3", tier=None)
        ),
        keys=keys("poor 1 subscription", "poor 2 subscription", "poor 3 subscription"),
        near_misses=quietly(
            payer("poor overdue", "past_due", tier="free"),
            payer("poor canceled", "canceled", tier=None),
            payer("poor trial", "trialing", tier="trial", trial_end=ago(days=-3)),
            payer("rich"),
        ),
    ),
    Fault(
        name="subscriptions_for_free",
        invariant="every_active_subscription_names_its_stripe_subscription",
        # What row-level security lets a user write: status and plan, and a period that suits.
        plant=quietly(
            subscription("thief 1", "active", plan_id=PRO, current_period_end=ago(days=-3650)),
            credits_of("thief 1", "pro"),
            subscription("thief 2", "active", plan_id=PRO, stripe_customer_id="cus_of_thief_2"),
            credits_of("thief 2", "pro"),
        ),
        keys=keys("thief 1 subscription", "thief 2 subscription"),
        also={"every_live_stripe_subscription_is_mirrored": sub_of("no thief 4")},
        near_misses=quietly(
            subscription("no thief 1", "trialing", plan_id=PRO),
            subscription("no thief 2", "expired", trial_end=ago(days=1)),
            subscription("no thief 3", "past_due", plan_id=PRO),
            payer("no thief 4", stripe_customer_id=None),
        ),
    ),
    Fault(
        name="periods_outlived",
        invariant="no_active_subscription_outlives_its_period",
        plant=quietly(
            payer("outlived 1", current_period_end=ago(days=1, seconds=1)),
            payer("outlived 2", current_period_end=ago(days=200)),
            payer("outlived 3", current_period_end=None),
        ),
        keys=keys(*(f"outlived {number} subscription" for number in (1, 2, 3))),
        also={
            "every_live_stripe_subscription_is_mirrored": sub_of(
                "outlived 1", "outlived 2", "outlived 3", "outliving", "outlived overdue"
            )
        },
        near_misses=quietly(
            payer("outliving", current_period_end=ago(days=1)),
            payer("outlived overdue", "past_due", tier="free", current_period_end=ago(days=40)),
            payer("outlived canceled", "canceled", tier="free", current_period_end=ago(days=40)),
            subscription("outlived trial", "trialing", current_period_end=ago(days=40)),
        ),
    ),
    Fault(
        name="trials_outlived",
        invariant="no_trial_outlives_its_end",
        plant=quietly(
            subscription("tried 1", "trialing", trial_end=ago(seconds=1)),
            credits_of("tried 1", "trial"),
            subscription("tried 2", "trialing", trial_end=ago(days=20)),
            credits_of("tried 2", "trial"),
            subscription("tried 3", "trialing", trial_end=None),
            credits_of("tried 3", "trial"),
        ),
        keys=keys("tried 1 subscription", "tried 2 subscription", "tried 3 subscription"),
        near_misses=quietly(
            subscription("trying 1", "trialing", trial_end=CLOCK),
            payer("trying 2", "trialing", tier="trial", trial_end=None),
            subscription("trying 3", "expired", trial_end=ago(days=20)),
            payer("trying 4", trial_end=ago(days=20)),
        ),
    ),
    Fault(
        name="customer_of_two",
        invariant="every_stripe_customer_serves_one_user",
        plant=quietly(
            payer("shared 1", stripe_customer_id="cus_shared"),
            payer("shared 2", "canceled", tier="free", stripe_customer_id="cus_shared"),
        ),
        keys=frozenset({"cus_shared"}),
        also={
            "every_live_stripe_subscription_is_mirrored": sub_of(
                "shared 1", *(f"unshared {number}" for number in (1, 2, 3, 4))
            )
        },
        near_misses=quietly(
            payer("unshared 1", stripe_customer_id="cus_unshared"),
            payer("unshared 2", stripe_customer_id="cus_Unshared"),
            payer("unshared 3", stripe_customer_id=None),
            payer("unshared 4", stripe_customer_id=None),
        ),
    ),
    Fault(
        name="events_not_reflected",
        invariant="the_newest_subscription_event_is_reflected",
        # Recorded before it was handled, and never handled: Stripe's resend is taken for a double.
        plant=quietly(
            payer("deaf 1"),
            told("deaf 1", ago(minutes=15), "canceled", "deaf 1 ends"),
            payer("deaf 2", stripe_event_id=None, last_webhook_at=None),
            payer("deaf 3", last_webhook_at=None),
            told("deaf 3", ago(days=2), "past_due", "deaf 3 fails"),
        ),
        keys=keys(*(f"deaf {number} subscription" for number in (1, 2, 3))),
        also={"every_live_stripe_subscription_is_mirrored": sub_of("deaf 3", "unheard of")},
        near_misses=quietly(
            payer("hearing 1"),
            told("hearing 1", ago(minutes=14, seconds=59), "canceled", "hearing 1 ends"),
            payer("hearing 2", last_webhook_at=ago(hours=1)),
            told("hearing 2", ago(hours=2), "active", "hearing 2 renews"),
            payer("hearing 3", last_webhook_at=ago(hours=2)),
            told("hearing 3", ago(hours=2), "active", "hearing 3 renews"),
            payer("hearing 4"),
            told("hearing 4", ago(hours=2), event="hearing 4 pays", kind="invoice.paid"),
            told("hearing 4", ago(days=9), "trialing", "hearing 4 begins"),
            told("unheard of", ago(hours=2)),
            recorded("evt_empty", "customer.subscription.updated", ago(hours=2), None),
        ),
    ),
)


def _unmirrored(account: Account) -> None:
    changed(account, "lost 1", ago(hours=30), "deleted", status="canceled")
    changed(account, "lost 2", ago(hours=30), status="past_due")
    renewed(account, "lost 3", CLOCK + timedelta(days=54))
    subscribed(account, "lost 4", ago(days=3))
    subscribed(account, "lost 5", ago(days=3), metadata={})
    subscribed(account, "nearly lost 1", ago(minutes=14))
    changed(account, "nearly lost 2", ago(minutes=14), "deleted", status="canceled")
    renewed(account, "nearly lost 3", CLOCK + timedelta(days=24, seconds=59))
    subscribed(account, "nearly lost 4", ago(days=3), status="incomplete_expired")


def _borrower(name: str, payer: str) -> str:
    values = {**paid(payer), "stripe_customer_id": None}
    return subscription(name, "active", **values) + credits_of(name, "pro")


def _torn(account: Account) -> None:
    for name in ("torn once", "torn twice"):
        subscribed(account, name, ago(days=3), metadata={"user_id": str(uid("torn"))})


def _unrecorded(account: Account) -> None:
    about = {"id": "in_1", "object": "invoice"}
    for number, kind, when in (
        ("evt_unheard_1", "invoice.payment_failed", ago(minutes=15)),
        ("evt_unheard_2", "checkout.session.completed", ago(hours=24)),
        ("evt_nearly_1", "invoice.payment_failed", ago(minutes=14, seconds=59)),
        ("evt_nearly_2", "checkout.session.completed", ago(hours=24, seconds=1)),
        ("evt_nearly_3", "invoice.upcoming", ago(hours=2)),
    ):
        account.event(number, kind, about, when)


def _undelivered(account: Account) -> None:
    about = {"id": "in_2", "object": "invoice"}
    for number, when in (
        ("evt_late_1", ago(hours=1)),
        ("evt_late_2", ago(days=29)),
        ("evt_nearly_late", ago(minutes=59, seconds=59)),
    ):
        account.event(number, "invoice.payment_succeeded", about, when, pending_webhooks=1)
        account.undelivered.add(number)


def _deaf(account: Account) -> None:
    account.objects["webhook_endpoints"]["we_studybuddy"]["status"] = "disabled"


STRIPE = (
    Fault(
        name="subscriptions_not_mirrored",
        invariant="every_live_stripe_subscription_is_mirrored",
        plant=quietly(payer("lost 1"), payer("lost 2"), payer("lost 3"), student("lost 4")),
        keys=sub_of(*(f"lost {number}" for number in (1, 2, 3, 4, 5))),
        near_misses=quietly(
            student("nearly lost 1"),
            payer("nearly lost 2"),
            payer("nearly lost 3"),
            student("nearly lost 4"),
        ),
        stripe=_unmirrored,
    ),
    Fault(
        name="subscription_of_two",
        invariant="every_live_stripe_subscription_is_mirrored",
        # Whichever row comes first, of the payer or of who wrote the payer's into their own.
        plant=quietly(
            payer("borrowed 1"),
            _borrower("borrower 1", "borrowed 1"),
            _borrower("borrower 2", "borrowed 2"),
            payer("borrowed 2"),
        ),
        keys=sub_of("borrowed 1", "borrowed 2"),
    ),
    Fault(
        name="subscriptions_not_in_stripe",
        invariant="every_mirrored_subscription_exists_in_stripe",
        plant=quietly(
            subscription("invented 1", "active", **paid("invented 1")),
            credits_of("invented 1", "pro"),
            subscription("invented 2", "past_due", **paid("invented 2")),
        ),
        keys=keys("invented 1 subscription", "invented 2 subscription"),
        near_misses=quietly(subscription("invented 3", "canceled", **paid("invented 3"))),
    ),
    Fault(
        name="payer_as_two_customers",
        invariant="every_mirrored_subscription_exists_in_stripe",
        # Which of the two is theirs nobody can tell; but they pay, so they are not cut off.
        plant=quietly(subscription("torn", "active", **paid("torn")), credits_of("torn", "pro")),
        keys=keys("torn subscription"),
        also={"every_live_stripe_subscription_is_mirrored": sub_of("torn once", "torn twice")},
        stripe=_torn,
    ),
    Fault(
        name="events_not_recorded",
        invariant="every_stripe_event_was_recorded",
        plant="",
        keys=frozenset({"evt_unheard_1", "evt_unheard_2"}),
        stripe=_unrecorded,
    ),
    Fault(
        name="deliveries_failed",
        invariant="no_webhook_delivery_has_failed_for_an_hour",
        plant=quietly(
            *(
                recorded(number, "invoice.payment_succeeded", ago(days=2), None)
                for number in ("evt_late_1", "evt_late_2", "evt_nearly_late")
            )
        ),
        keys=frozenset({"evt_late_1", "evt_late_2"}),
        stripe=_undelivered,
    ),
    Fault(
        name="webhook_endpoint_disabled",
        invariant="the_webhook_endpoint_is_enabled",
        plant="",
        keys=frozenset({"we_studybuddy"}),
        stripe=_deaf,
    ),
)

OVERRIDES = (
    Fault(
        name="overrides_outlived",
        invariant="no_temporary_override_outlives_a_day",
        plant=quietly(
            student("favoured 1"),
            override(
                "favoured 1",
                {"ai_extractions": 20},
                ago(days=1, seconds=1),
                "Temporary rate limit increase - expires in 24h",
            ),
            student("favoured 2"),
            override(
                "favoured 2",
                {"ai_extractions": 20, "courses": 9},
                ago(days=60),
                "Exams: temporary rate limit increase",
            ),
        ),
        keys=keys("favoured 1 override", "favoured 2 override"),
        near_misses=quietly(
            *map(student, (f"nearly favoured {number}" for number in (1, 2, 3, 4))),
            override("nearly favoured 1", {"ai_extractions": 20}, ago(days=1), "Temporary"),
            override("nearly favoured 2", {}, ago(days=60), "Temporary rate limit increase"),
            override("nearly favoured 3", {"ai_extractions": 20}, ago(days=60), "Beta tester"),
            override("nearly favoured 4", {"ai_extractions": 20}, ago(days=60), None),
        ),
    ),
    Fault(
        name="overrides_by_nobody",
        invariant="every_override_was_granted_by_an_admin",
        plant=quietly(
            *map(student, (f"granted {number}" for number in (1, 2, 3))),
            override("granted 1", {"courses": 9}, ago(days=60), created_by=None),
            override("granted 2", {"courses": 9}, ago(days=60), created_by=uid("granted 2")),
            role("granted 3", "user"),
            override("granted 3", {"courses": 9}, ago(days=60), created_by=uid("granted 3")),
        ),
        keys=keys(*(f"granted {number} override" for number in (1, 2, 3))),
        near_misses=quietly(
            student("granted by an admin"),
            override("granted by an admin", {"courses": 9}, ago(days=60), notes=None),
            student("new admin"),
            role("new admin", "user"),
            role("new admin", "admin"),
            override("new admin", {"courses": 9}, ago(days=60), created_by=uid("new admin")),
        ),
    ),
)

RECORDED = "the_schema_is_the_one_we_recorded"

SCHEMA = (
    Fault(
        name="row_level_security_off",
        invariant="every_table_in_public_has_row_level_security",
        plant="alter table public.audit_logs disable row level security;",
        keys=frozenset({"public.audit_logs"}),
        near_misses="""
            create schema private;
            create table private.notes (id integer primary key);
        """,
        also={RECORDED: frozenset({"public.audit_logs row level security"})},
    ),
    Fault(
        name="rows_shown_to_others",
        invariant="a_user_sees_only_their_own_rows",
        plant="""
            create policy "Courses can be browsed" on public.courses for select to authenticated
                using (true);
            create policy "Files can be linked" on public.course_files for select to anon
                using (true);
            create policy "Friends" on public.profiles for select to authenticated
                using (auth.uid() is not null);
        """,
        keys=frozenset({"courses/authenticated", "course_files/anon", "profiles/authenticated"}),
        near_misses="""
            create policy "Own again" on public.subscriptions for select to authenticated
                using (user_id = auth.uid());
            create policy "Nobody's" on public.ai_jobs for select using (false);
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.courses policy Courses can be browsed",
                    "public.course_files policy Files can be linked",
                    "public.profiles policy Friends",
                    "public.subscriptions policy Own again",
                    "public.ai_jobs policy Nobody's",
                }
            )
        },
    ),
    Fault(
        name="credits_shown_to_others",
        invariant="a_user_sees_only_their_own_credits",
        plant="""
            create policy "A league of credits" on public.user_credits for select to authenticated
                using (true);
        """,
        keys=frozenset({"user_credits/authenticated"}),
        also={RECORDED: frozenset({"public.user_credits policy A league of credits"})},
    ),
    Fault(
        name="open_policies",
        invariant="no_policy_lets_everyone_write",
        plant="""
            create policy "Jobs are shared" on public.ai_jobs
                for update to authenticated using (true);
            create policy "Stripe may write" on public.webhook_events
                for insert to anon with check (true);
            create policy "Open house" on public.credit_plans using (true);
        """,
        keys=frozenset(
            {
                "public.ai_jobs.Jobs are shared",
                "public.webhook_events.Stripe may write",
                "public.credit_plans.Open house",
            }
        ),
        near_misses="""
            create policy "Nothing more" on public.course_files
                as restrictive for update using (true);
            create policy "Service may log" on public.audit_logs
                for insert to service_role with check (true);
            create policy "Nobody grants credits" on public.user_credits
                for insert to authenticated with check (false);
            create policy "Everybody may look" on public.credit_plans
                for select to anon, authenticated using (true);
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.ai_jobs policy Jobs are shared",
                    "public.webhook_events policy Stripe may write",
                    "public.credit_plans policy Open house",
                    "public.course_files policy Nothing more",
                    "public.audit_logs policy Service may log",
                    "public.user_credits policy Nobody grants credits",
                    "public.credit_plans policy Everybody may look",
                }
            )
        },
    ),
    Fault(
        name="recursive_policy",
        invariant="every_policy_can_be_evaluated",
        plant="""
            create policy "Admins can see roles" on public.user_roles for select using (
                exists (
                    select from public.user_roles mine
                    where mine.user_id = auth.uid() and mine.role = 'admin'
                )
            );
        """,
        keys=frozenset({"public.user_roles"}),
        # It reads another table under that table's own policies, and these do not read it back.
        near_misses="""
            create policy "Only with a profile" on public.courses as restrictive for select using (
                exists (select from public.profiles p where p.user_id = auth.uid())
            );
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.user_roles policy Admins can see roles",
                    "public.courses policy Only with a profile",
                }
            )
        },
    ),
    Fault(
        name="policy_without_its_function",
        invariant="every_policy_can_be_evaluated",
        plant="""
            create function public.is_plan_offered(uuid) returns boolean
                language sql stable as 'select true';
            revoke execute on function public.is_plan_offered from public, anon, authenticated;
            create policy "Offered plans are visible" on public.plans
                for select using (public.is_plan_offered(id));
        """,
        keys=frozenset({"public.plans"}),
        # Nobody but the service asks the function, so nobody is refused.
        near_misses="""
            create function public.is_file_kept(uuid) returns boolean
                language sql stable as 'select true';
            revoke execute on function public.is_file_kept from public, anon, authenticated;
            create policy "Service may keep files" on public.course_files
                for select to service_role using (public.is_file_kept(id));
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.plans policy Offered plans are visible",
                    "public.course_files policy Service may keep files",
                }
            )
        },
    ),
    Fault(
        name="foreign_key_not_validated",
        invariant="every_foreign_key_is_validated",
        plant="""
            alter table public.credit_usage_events
                drop constraint credit_usage_events_course_id_fkey,
                add constraint credit_usage_events_course_id_fkey foreign key (course_id)
                    references public.courses (id) on delete set null not valid;
        """,
        keys=frozenset({"public.credit_usage_events.credit_usage_events_course_id_fkey"}),
        near_misses="""
            alter table public.courses
                add constraint courses_title_check check (title <> '') not valid;
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.credit_usage_events constraint credit_usage_events_course_id_fkey",
                    "public.courses constraint courses_title_check",
                }
            )
        },
    ),
    Fault(
        name="index_invalid",
        invariant="no_index_is_invalid",
        plant="""
            create index ai_jobs_updated_at_idx on public.ai_jobs (updated_at);
            update pg_index set indisvalid = false
            where indexrelid = 'public.ai_jobs_updated_at_idx'::regclass;
        """,
        keys=frozenset({"public.ai_jobs_updated_at_idx"}),
        near_misses="create index ai_jobs_created_at_idx on public.ai_jobs (created_at);",
    ),
    Fault(
        name="trigger_disabled",
        invariant="no_trigger_is_disabled",
        plant="alter table public.courses disable trigger update_courses_updated_at;",
        keys=frozenset({"public.courses.update_courses_updated_at"}),
        near_misses="""
            create trigger touch_plans before update of name on public.plans
                for each row execute function public.update_updated_at_column();
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.courses trigger update_courses_updated_at",
                    "public.plans trigger touch_plans",
                }
            )
        },
    ),
    Fault(
        name="sequence_behind",
        invariant="no_sequence_is_behind_its_column",
        plant="select setval('auth.refresh_tokens_id_seq', 17);",
        keys=frozenset({"auth.refresh_tokens.id"}),
        near_misses="create sequence public.invoice_number_seq;",
    ),
    Fault(
        name="migrations_missing",
        invariant="every_migration_is_applied",
        plant="""
            delete from supabase_migrations.schema_migrations
            where version in ('20260405091544', '20260726111740');
        """,
        keys=frozenset({"20260405091544", "20260726111740"}),
        # The list is of the application's migrations; the platform keeps its own elsewhere.
        near_misses="""
            delete from auth.schema_migrations where version = '20171026211738';
            update supabase_migrations.schema_migrations set statements = null, name = null
            where version = '20250914101502';
        """,
    ),
    Fault(
        name="migration_by_hand",
        invariant="every_migration_is_applied",
        plant="""
            insert into supabase_migrations.schema_migrations (version, name)
            values ('20261030154500', 'hotfix');
        """,
        keys=frozenset({"20261030154500"}),
        near_misses="""
            insert into auth.schema_migrations (version) values ('20261030154500');
            insert into supabase_migrations.seed_files (path, hash)
            values ('20261030154500', '20261030154500');
        """,
    ),
    Fault(
        name="schema_drifted",
        invariant=RECORDED,
        plant="""
            alter table public.courses add column share_token text;
            drop policy "Users can view their own override" on public.admin_overrides;
        """,
        keys=frozenset(
            {
                "public.courses.share_token",
                "public.admin_overrides policy Users can view their own override",
            }
        ),
        near_misses="""
            comment on table public.courses is 'What a student studies';
            alter table public.courses alter column title set statistics 200;
            alter table public.courses set (fillfactor = 90);
            create index courses_user_id_idx on public.courses (user_id);
        """,
    ),
)


def _served(site: Site) -> None:
    """One script has the key that may do anything, another what browsers are meant to have."""
    scripts = '<script src="/assets/admin.js"></script><script src="/assets/pay.js"></script>'
    site.answer("site", "GET", "/", text=f"<!doctype html><html lang='en'>{scripts}</html>")
    secret, public = apis.supabase_key("service_role"), apis.supabase_key("anon")
    site.answer("site", "GET", "/assets/admin.js", text=f'createClient("{secret}");')
    paying = f'createClient("{public}"); loadStripe("pk_live_51StudyBuddy");'
    site.answer("site", "GET", "/assets/pay.js", text=paying)


SITE = (
    Fault(
        name="service_key_in_a_script",
        invariant="no_secret_is_served_to_browsers",
        plant="",
        keys=frozenset({r"\/assets\/admin.js/Supabase service role key"}),
        site=_served,
    ),
)

FAULTS: tuple[Fault, ...] = (
    *AI_JOBS,
    *USERS,
    *SUBSCRIPTIONS,
    *STRIPE,
    *OVERRIDES,
    *SCHEMA,
    *SITE,
)
