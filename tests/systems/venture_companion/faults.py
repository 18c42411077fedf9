"""
Cursor Venture Companion's faults: for each invariant, rows that break it beside near misses.

Each fault has users, organizations and Stripe customers of its own, so that all can be planted at
once.
"""

from datetime import UTC, datetime, timedelta
from hashlib import md5

from psycopg.types.json import Jsonb

from trueup import naive_utc
from trueup.model.violation import key_text
from trueup.sample import CLOCK
from trueup.sample.faults import Fault
from trueup.sample.planting import LONG_AGO, ago, keys, quietly, row, supabase_user, uid
from trueup.sample.site import Site, apis
from trueup.sample.stripe.account import Account

MONTH = datetime(2026, 11, 1, tzinfo=UTC)
LAST_MONTH = datetime(2026, 10, 1, tzinfo=UTC)
ENDS = CLOCK + timedelta(days=20)

ROWS = "/rest/v1/user_profiles?select=id&limit=1"

MIRRORED = "every_live_stripe_subscription_is_mirrored"
RECORDED = "the_schema_is_the_one_we_recorded"


def profile(name: str, whose: object = "", **changed: object) -> str:
    """The profile of the user of this name, or of whatever `whose` says; one that pays nothing."""
    values: dict[str, object] = {
        "id": uid(f"{name} profile"),
        "user_id": whose or str(uid(name)),
        "name": name,
        "created_at": naive_utc(LONG_AGO),
        "updated_at": naive_utc(LONG_AGO),
    }
    return row("public.user_profiles", **values | changed)


def founder(name: str, **changed: object) -> str:
    """An account and its profile."""
    return supabase_user(name) + profile(name, **changed)


def customer_of(name: str) -> str:
    """The Stripe customer of this user."""
    return f"cus_{uid(name).hex[:18]}"


def payer(name: str, tier: str | None = "pro", **changed: object) -> str:
    """Somebody who pays for a tier, as the profile has it; Stripe says the same unless told."""
    values: dict[str, object] = {
        "subscription_status": "active",
        "subscription_tier": tier,
        "subscription_current_period_end": ENDS,
        "stripe_customer_id": customer_of(name),
    }
    return founder(name, **values | changed)


def profiles(*names: str) -> frozenset[str]:
    """The ids of these users' profiles, as keys."""
    return keys(*(f"{name} profile" for name in names))


def sub_of(*names: str) -> frozenset[str]:
    """The ids that Stripe has for these users' subscriptions."""
    return frozenset(_sub(customer_of(name)) for name in names)


def _sub(customer: str) -> str:
    return f"sub_{md5(customer.encode(), usedforsecurity=False).hexdigest()[:18]}"


def subscribed(
    account: Account,
    name: str,
    price: str = "price_pro_monthly",
    since: datetime = LONG_AGO,
    number: str = "",
    **said: object,
) -> None:
    """A subscription in Stripe, of a customer who is this user's if the metadata says so."""
    customer = customer_of(name)
    if customer not in account.objects["customers"]:
        account.add("customers", customer, since)
    account.subscription(
        number or _sub(customer),
        customer,
        price,
        created=since,
        ends=ENDS,
        **{"metadata": {"user_id": str(uid(name))}, **said},
    )


def changed(account: Account, name: str, when: datetime, **said: object) -> None:
    """Let this user's subscription change in Stripe, and nobody here hear of it."""
    one = account.objects["subscriptions"][_sub(customer_of(name))]
    one.update(said)
    number = f"evt_of_{uid(name).hex[:8]}"
    account.event(number, "customer.subscription.updated", one, when)


def renewed(account: Account, name: str, ends: datetime) -> None:
    """Let what this user paid for end at another time in Stripe."""
    [item] = account.objects["subscriptions"][_sub(customer_of(name))]["items"]["data"]
    item["current_period_end"] = int(ends.timestamp())


def run(owner: str, number: int, when: datetime, whose: str = "") -> str:
    """A run of an agent."""
    return row(
        "public.agent_runs",
        id=uid(f"{owner} run {number}"),
        user_id=whose or str(uid(owner)),
        created_at=naive_utc(when),
        trigger="manual",
        tokens_used=10,
    )


def runs(owner: str, times: int, since: datetime) -> str:
    """So many runs, a second apart."""
    moments = [since + timedelta(seconds=number) for number in range(times)]
    return "".join(run(owner, number, moment) for number, moment in enumerate(moments))


def meter(
    name: str,
    owner: str,
    used: int,
    metric: str = "runs",
    *,
    begins: datetime = MONTH,
    made: datetime | None = None,
    ends: datetime | None = None,
    whose: str = "",
) -> str:
    """What a month was metered; made when the month began, unless told otherwise."""
    return row(
        "public.usage_metrics",
        id=uid(name),
        user_id=whose or str(uid(owner)),
        metric_type=metric,
        metric_value=used,
        period_start=begins,
        period_end=ends or begins + timedelta(days=30),
        created_at=made or begins,
    )


def background(name: str, whose: str) -> str:
    """Something that happened elsewhere."""
    return row(
        "public.background_events",
        id=uid(name),
        user_id=whose,
        created_at=naive_utc(ago(days=20)),
        event_type="commit",
        source="github",
    )


def vibe(name: str, whose: str) -> str:
    """How somebody's agents shall speak."""
    return row(
        "public.vibe_configs",
        id=uid(name),
        user_id=whose,
        created_at=naive_utc(ago(days=20)),
        updated_at=naive_utc(ago(days=20)),
        name=name,
    )


def company(name: str, owner: str) -> str:
    """An organization of this user's."""
    return row(
        "public.organizations",
        id=uid(name),
        name=name,
        slug=name.replace(" ", "-"),
        owner_id=uid(owner),
        created_at=ago(days=90),
        updated_at=ago(days=90),
    )


def member(company: str, name: str, role: str = "member") -> str:
    """A member of an organization."""
    return row(
        "public.organization_members",
        id=uid(f"{name} of {company}"),
        org_id=uid(company),
        user_id=uid(name),
        role=role,
        created_at=ago(days=80),
    )


def invitation(
    name: str, company: str, by: str, expires: datetime, accepted: datetime | None = None
) -> str:
    """An invitation to an organization."""
    return row(
        "public.invitations",
        id=uid(name),
        org_id=uid(company),
        email=f"{name.replace(' ', '.')}@example.net",
        invited_by=uid(by),
        token=uid(name).hex,
        expires_at=expires,
        accepted_at=accepted,
        created_at=ago(days=40),
    )


def heard(
    name: str, status: str, when: datetime | None, kind: str = "invoice.payment_succeeded"
) -> str:
    """An event of Stripe's as the webhook wrote it down."""
    return row(
        "public.stripe_webhook_events",
        id=uid(name),
        stripe_event_id=f"evt_{uid(name).hex[:18]}",
        event_type=kind,
        processed_at=None if status == "failed" else when,
        status=status,
        error_message="deadlock detected" if status == "failed" else None,
        created_at=when,
    )


def shouted(name: str) -> str:
    """A user's id in capitals and braces, as some other tool writes it."""
    return "{" + str(uid(name)).upper() + "}"


USERS = (
    Fault(
        name="orphaned_profiles",
        invariant="every_profile_belongs_to_a_user",
        plant=quietly(
            profile("gone 1"),
            profile("gone 2"),
            profile("gone 3", "not-a-user"),
            profile("gone 4", "-"),
        ),
        keys=profiles("gone 1", "gone 2", "gone 3", "gone 4"),
        near_misses=quietly(
            supabase_user("nearly gone 1", deleted_at=ago(days=5)),
            profile("nearly gone 1"),
            supabase_user("nearly gone 2"),
            profile("nearly gone 2", shouted("nearly gone 2")),
            supabase_user("nearly gone 3", banned_until=ago(days=-900)),
            profile("nearly gone 3"),
        ),
    ),
    Fault(
        name="orphaned_runs",
        invariant="every_agent_run_belongs_to_a_user",
        plant=quietly(
            run("run nobody", 1, ago(days=20)),
            run("run nobody", 2, ago(days=19)),
            run("run stranger", 1, ago(days=9), "undefined"),
        ),
        keys=keys("run nobody run 1", "run nobody run 2", "run stranger run 1"),
        near_misses=quietly(
            supabase_user("run deleted", deleted_at=ago(days=5)),
            run("run deleted", 1, ago(days=20)),
            supabase_user("run shouted"),
            run("run shouted", 1, ago(days=20), shouted("run shouted")),
        ),
    ),
    Fault(
        name="orphaned_background_events",
        invariant="every_background_event_belongs_to_a_user",
        plant=quietly(
            background("stray event 1", str(uid("event nobody"))),
            background("stray event 2", str(uid("event nobody"))[:-1]),
        ),
        keys=keys("stray event 1", "stray event 2"),
        near_misses=quietly(
            supabase_user("event somebody"),
            background("kept event 1", str(uid("event somebody"))),
            background("kept event 2", shouted("event somebody")),
        ),
    ),
    Fault(
        name="orphaned_vibe_configs",
        invariant="every_vibe_config_belongs_to_a_user",
        plant=quietly(vibe("stray vibe 1", str(uid("vibe nobody"))), vibe("stray vibe 2", "null")),
        keys=keys("stray vibe 1", "stray vibe 2"),
        near_misses=quietly(
            supabase_user("vibe somebody", deleted_at=ago(days=5)),
            vibe("kept vibe 1", str(uid("vibe somebody"))),
            vibe("kept vibe 2", shouted("vibe somebody")),
        ),
    ),
    Fault(
        name="orphaned_usage",
        invariant="every_usage_metric_belongs_to_a_user",
        plant=quietly(
            meter("stray meter 1", "meter nobody", 3, "exports"),
            meter("stray meter 2", "", 3, "exports", whose="somebody@else"),
        ),
        keys=keys("stray meter 1", "stray meter 2"),
        near_misses=quietly(
            supabase_user("meter somebody"),
            meter("kept meter 1", "meter somebody", 3, "exports"),
            meter("kept meter 2", "", 3, "exports", whose=shouted("meter somebody")),
        ),
    ),
    Fault(
        name="unknown_admins",
        invariant="only_known_admins_are_admins",
        plant=quietly(
            founder("usurper 1", premium_features={"enabled": False, "admin": True}),
            founder("usurper 2", premium_features={"admin": "yes"}),
            founder("usurper 3", premium_features={"admin": 1}),
        ),
        keys=keys("usurper 1", "usurper 2", "usurper 3"),
        near_misses=quietly(
            founder("no usurper 1", premium_features={"admin": False}),
            founder("no usurper 2", premium_features={"admin": None}),
            founder("no usurper 3", premium_features={"admin": 0}),
            founder("no usurper 4", premium_features={"admin": ""}),
            founder("no usurper 5", premium_features={"admins": True, "role": "admin"}),
            profile("no usurper 6", premium_features={"admin": True}),
        ),
        also={"every_profile_belongs_to_a_user": profiles("no usurper 6")},
    ),
    Fault(
        name="features_missing",
        invariant="every_profile_has_its_features",
        plant=quietly(
            founder("bare 1", premium_features=None),
            founder("bare 2", premium_features=Jsonb(None)),
            founder("bare 3", premium_features=Jsonb([])),
        ),
        keys=profiles("bare 1", "bare 2", "bare 3"),
        near_misses=quietly(
            founder("nearly bare 1", premium_features={}),
            founder("nearly bare 2", premium_features={"enabled": None}),
        ),
    ),
)

SUBSCRIPTIONS = (
    Fault(
        name="payers_on_the_free_tier",
        invariant="every_active_subscriber_has_a_paid_tier",
        # As the webhook leaves them: it makes them active, and never sets a tier.
        plant=quietly(payer("unserved 1", "free"), payer("unserved 2", None)),
        keys=profiles("unserved 1", "unserved 2"),
        near_misses=quietly(
            payer("served 1"),
            payer("served 2", "enterprise"),
            founder("served 3"),
            payer("served 4", "free", subscription_status="inactive"),
            founder("served 5", subscription_status=None, subscription_tier=None),
        ),
        also={MIRRORED: sub_of("unserved 1", "unserved 2")},
    ),
    Fault(
        name="tiers_for_nothing",
        invariant="every_paid_tier_has_an_active_subscription",
        # The first wrote it themselves; the second cancelled; the third never had a status.
        plant=quietly(
            founder("rider 1", subscription_tier="pro"),
            payer("rider 2", subscription_status="inactive"),
            founder("rider 3", subscription_status=None, subscription_tier="enterprise"),
        ),
        keys=profiles("rider 1", "rider 2", "rider 3"),
        near_misses=quietly(
            payer("no rider 1"),
            payer("no rider 2", "free", subscription_status="inactive"),
            founder("no rider 3", subscription_tier=None),
            founder("no rider 4", subscription_status=None),
        ),
    ),
    Fault(
        name="tiers_without_limits",
        invariant="every_tier_in_use_has_its_limits",
        plant=quietly(payer("limitless 1", "pro+"), payer("limitless 2", "pro+")),
        keys=profiles("limitless 1", "limitless 2"),
        near_misses=quietly(
            payer("limited 1"), payer("limited 2", "enterprise"), founder("limited 3")
        ),
    ),
)


def _unnamed(account: Account) -> None:
    subscribed(account, "nameless 1")
    subscribed(account, "nameless 3")
    subscribed(account, "named 1", since=ago(minutes=14))
    subscribed(account, "named 2", status="canceled")


def _unknown(account: Account) -> None:
    account.add(
        "customers", "cus_found_again", ago(days=90), metadata={"user_id": str(uid("unknown 1"))}
    )


def _unmirrored(account: Account) -> None:
    changed(account, "lost 1", ago(hours=30), status="canceled")
    changed(account, "lost 2", ago(hours=30), status="past_due")
    renewed(account, "lost 3", ENDS + timedelta(seconds=61))
    subscribed(account, "lost 4")
    subscribed(account, "lost 5", metadata={})
    subscribed(account, "lost 6", "price_enterprise_monthly")
    account.price("price_of_black_friday")
    subscribed(account, "lost 7", "price_of_black_friday")
    subscribed(account, "lost 8", number="sub_lost_8_again")
    subscribed(account, "lost 11")
    subscribed(account, "nearly lost 1", since=ago(minutes=14))
    changed(account, "nearly lost 2", ago(minutes=14), status="canceled")
    renewed(account, "nearly lost 3", ENDS + timedelta(seconds=59))
    subscribed(account, "nearly lost 4", status="incomplete_expired")
    changed(account, "nearly lost 5", ago(days=3), status="trialing")


def _unsubscribed(account: Account) -> None:
    account.remove("subscriptions", sub_of("pretender 1", "pretender 2", "no pretender 2"))


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
    endpoint = account.objects["webhook_endpoints"]["we_venture_companion"]
    endpoint["enabled_events"].remove("customer.subscription.deleted")


STRIPE = (
    Fault(
        name="payers_without_a_customer",
        invariant="every_paying_profile_names_its_stripe_customer",
        # Stripe knows whose the first is, and that the third pays; of the second it knows nothing.
        plant=quietly(
            payer("nameless 1", stripe_customer_id=None),
            payer("nameless 2", stripe_customer_id=""),
            founder("nameless 3"),
        ),
        keys=profiles("nameless 1", "nameless 2", "nameless 3"),
        near_misses=quietly(
            founder("named 1"),
            founder("named 2"),
            payer("named 3"),
            founder("named 4", subscription_status="inactive"),
        ),
        also={MIRRORED: sub_of("nameless 1", "nameless 3")},
        stripe=_unnamed,
    ),
    Fault(
        name="customers_unknown",
        invariant="every_named_customer_exists_in_stripe",
        plant=quietly(
            founder("unknown 1", stripe_customer_id="cus_elsewhere_1"),
            founder("unknown 2", stripe_customer_id="cus_elsewhere_2"),
        ),
        keys=profiles("unknown 1", "unknown 2"),
        near_misses=quietly(
            founder("known 1", stripe_customer_id=customer_of("known 1")),
            payer("known 2"),
            founder("known 3", stripe_customer_id=""),
        ),
        stripe=_unknown,
    ),
    Fault(
        name="subscriptions_not_mirrored",
        invariant=MIRRORED,
        # Cancelled, overdue, renewed, without a profile, of nobody, at another price, at a price
        # that nobody knows, twice, of a customer whom two profiles name, and of one whom none does.
        plant=quietly(
            *map(payer, ("lost 1", "lost 2", "lost 3", "lost 6", "lost 7", "lost 8", "lost 9")),
            supabase_user("lost 4"),
            founder("lost 11"),
            payer("lost 10", stripe_customer_id=customer_of("lost 9")),
        ),
        keys=sub_of(*(f"lost {number}" for number in range(1, 10)))
        | sub_of("lost 11")
        | frozenset({"sub_lost_8_again"}),
        also={"every_paying_profile_names_its_stripe_customer": profiles("lost 11")},
        near_misses=quietly(
            supabase_user("nearly lost 1"),
            payer("nearly lost 2"),
            payer("nearly lost 3"),
            supabase_user("nearly lost 4"),
            payer("nearly lost 5", "free", subscription_status="inactive"),
        ),
        stripe=_unmirrored,
    ),
    Fault(
        name="profiles_not_in_stripe",
        invariant="every_mirrored_subscription_exists_in_stripe",
        # They began a checkout, left it, and wrote the rest into their profile themselves.
        plant=quietly(payer("pretender 1"), payer("pretender 2", "enterprise")),
        keys=profiles("pretender 1", "pretender 2"),
        near_misses=quietly(
            payer("no pretender 1"),
            payer("no pretender 2", "free", subscription_status="inactive"),
        ),
        stripe=_unsubscribed,
    ),
    Fault(
        name="webhook_events_failed",
        invariant="no_webhook_event_failed",
        plant=quietly(
            heard("failed event 1", "failed", ago(minutes=16)),
            heard("failed event 2", "failed", ago(days=30)),
            heard("failed event 3", "failed", ago(days=2), "customer.subscription.updated"),
            heard("failed event 4", "failed", None),
        ),
        keys=keys("failed event 1", "failed event 2", "failed event 3", "failed event 4"),
        near_misses=quietly(
            heard("heard event 1", "failed", ago(days=30, seconds=1)),
            heard("heard event 2", "duplicate", ago(days=2)),
            heard("heard event 3", "processed", ago(days=2)),
        ),
    ),
    Fault(
        name="deliveries_failed",
        invariant="no_webhook_delivery_has_failed_for_an_hour",
        plant="",
        keys=frozenset({"evt_late_1", "evt_late_2"}),
        stripe=_undelivered,
    ),
    Fault(
        name="webhook_endpoint_deaf",
        invariant="the_webhook_endpoint_is_enabled",
        plant="",
        keys=frozenset({"we_venture_companion"}),
        stripe=_deaf,
    ),
)

USAGE = (
    Fault(
        name="usage_over_the_limit",
        invariant="usage_stays_within_the_tier",
        # The third used it in two halves, when the server's zone changed; the fourth has no
        # profile, and so the free tier; the fifth had ended a year that they paid for before.
        plant=quietly(
            founder("greedy 1"),
            meter("greedy meter 1", "greedy 1", 101),
            payer("greedy 2"),
            meter("greedy meter 2", "greedy 2", 1_000_001, "tokens"),
            founder("greedy 3"),
            meter("greedy meter 3", "greedy 3", 41, made=ago(hours=1)),
            meter("greedy meter 4", "greedy 3", 60, begins=MONTH - timedelta(hours=14)),
            supabase_user("greedy 4"),
            meter("greedy meter 5", "greedy 4", 6, "exports"),
            founder(
                "greedy 5",
                subscription_status="inactive",
                subscription_current_period_end=CLOCK + timedelta(days=900),
                updated_at=naive_utc(MONTH - timedelta(seconds=1)),
            ),
            meter("greedy meter 6", "greedy 5", 101),
        ),
        keys=keys(
            "greedy meter 1",
            "greedy meter 2",
            "greedy meter 3",
            "greedy meter 5",
            "greedy meter 6",
        ),
        near_misses=quietly(
            founder("modest 1"),
            meter("modest meter 1", "modest 1", 100),
            meter("modest meter 2", "modest 1", 5, "exports"),
            payer("modest 2", "enterprise"),
            meter("modest meter 3", "modest 2", 90_000_000, "tokens"),
            founder("modest 3"),
            meter("modest meter 4", "modest 3", 500, begins=LAST_MONTH),
            founder(
                "modest 4",
                subscription_status="inactive",
                subscription_current_period_end=MONTH,
                updated_at=naive_utc(MONTH),
            ),
            meter("modest meter 5", "modest 4", 800),
            payer("modest 5", "pro+"),
            meter("modest meter 6", "modest 5", 1200),
        ),
        also={
            "each_month_is_metered_once": keys("greedy meter 3"),
            "every_tier_in_use_has_its_limits": profiles("modest 5"),
        },
    ),
    Fault(
        name="runs_metered_too_little",
        invariant="metered_runs_cover_recorded_runs",
        # The third would be refused at once if it were told; the fourth has two meters.
        plant=quietly(
            founder("unmetered 1"),
            meter("low meter 1", "unmetered 1", 1),
            runs("unmetered 1", 5, ago(hours=9)),
            payer("unmetered 2"),
            meter("low meter 2", "unmetered 2", 2, begins=LAST_MONTH),
            runs("unmetered 2", 9, LAST_MONTH + timedelta(days=9)),
            founder("unmetered 3"),
            meter("low meter 3", "unmetered 3", 3),
            runs("unmetered 3", 101, ago(hours=9)),
            founder("unmetered 4"),
            meter("low meter 4", "unmetered 4", 2),
            meter(
                "low meter 5",
                "unmetered 4",
                1,
                begins=MONTH + timedelta(hours=5),
                made=MONTH + timedelta(hours=6),
            ),
            runs("unmetered 4", 6, MONTH + timedelta(hours=1)),
        ),
        keys=keys("low meter 1", "low meter 2", "low meter 3", "low meter 5"),
        also={"each_month_is_metered_once": keys("low meter 5")},
        near_misses=quietly(
            founder("metered 1"),
            meter("full meter 1", "metered 1", 5),
            runs("metered 1", 5, ago(hours=9)),
            run("metered 1", 90, ago(minutes=5)),
            run("metered 1", 91, ago(minutes=1)),
            # Reset ten hours ago, and used once since.
            founder("metered 2"),
            meter("full meter 2", "metered 2", 1, made=ago(hours=10)),
            runs("metered 2", 8, ago(hours=20)),
            run("metered 2", 90, ago(hours=10)),
            # Metered by a server in Berlin: what ran in the last hour of October in UTC was in
            # November there.
            founder("metered 3"),
            meter(
                "full meter 3",
                "metered 3",
                2,
                begins=LAST_MONTH - timedelta(hours=2),
                ends=MONTH - timedelta(hours=1),
            ),
            meter("full meter 4", "metered 3", 1, begins=MONTH - timedelta(hours=1)),
            runs("metered 3", 2, LAST_MONTH),
            run("metered 3", 90, MONTH - timedelta(minutes=30)),
            # Deleted by the user; and never metered at all, as after a reset.
            founder("metered 4"),
            meter("full meter 5", "metered 4", 9),
            runs("metered 4", 2, ago(hours=9)),
            founder("metered 5"),
            runs("metered 5", 7, ago(hours=9)),
        ),
    ),
    Fault(
        name="months_metered_twice",
        invariant="each_month_is_metered_once",
        plant=quietly(
            founder("double 1"),
            meter("double meter 1", "double 1", 3),
            meter(
                "double meter 2",
                "double 1",
                4,
                begins=MONTH + timedelta(hours=5),
                made=MONTH + timedelta(hours=7),
            ),
            founder("double 2"),
            *(
                meter(
                    f"double meter {3 + place}",
                    "double 2",
                    100,
                    "tokens",
                    begins=LAST_MONTH + timedelta(hours=hours),
                    made=LAST_MONTH + timedelta(days=place),
                )
                for place, hours in enumerate((-14, 0, 12))
            ),
        ),
        keys=keys("double meter 2", "double meter 5"),
        near_misses=quietly(
            founder("single 1"),
            meter("single meter 1", "single 1", 3, begins=MONTH - timedelta(hours=14)),
            meter("single meter 2", "single 1", 3, begins=MONTH - timedelta(hours=14, seconds=1)),
            meter("single meter 3", "single 1", 3, "exports"),
            founder("single 2"),
            meter("single meter 4", "single 2", 3),
        ),
    ),
)

ORGANIZATIONS = (
    Fault(
        name="owners_not_members",
        invariant="every_organization_has_its_owner_among_its_members",
        plant=quietly(
            founder("outsider 1"),
            company("headless 1", "outsider 1"),
            founder("outsider 2"),
            company("headless 2", "outsider 2"),
            member("headless 2", "outsider 2", "admin"),
            founder("outsider 3"),
            founder("usurping owner"),
            company("headless 3", "outsider 3"),
            member("headless 3", "usurping owner", "owner"),
        ),
        keys=keys("headless 1", "headless 2", "headless 3"),
        near_misses=quietly(
            founder("insider"),
            founder("second owner"),
            company("well led", "insider"),
            member("well led", "insider", "owner"),
            member("well led", "second owner", "owner"),
        ),
    ),
    Fault(
        name="organizations_unknown",
        invariant="every_org_reference_names_an_organization",
        # What the key in production lets through: a user's id; and what a restore without one does.
        plant="alter table public.user_profiles drop constraint user_profiles_org_id_fkey;\n"
        + quietly(
            founder("stray 1", org_id=uid("stray 1")), founder("stray 2", org_id=uid("no company"))
        ),
        keys=profiles("stray 1", "stray 2"),
        near_misses=quietly(
            founder("at home 1"),
            company("home", "at home 1"),
            member("home", "at home 1", "owner"),
            founder("at home 2", org_id=uid("home")),
        ),
        also={RECORDED: frozenset({"public.user_profiles constraint user_profiles_org_id_fkey"})},
    ),
    Fault(
        name="invitations_expired",
        invariant="no_invitation_outlives_its_expiry",
        plant=quietly(
            founder("host"),
            company("host company", "host"),
            member("host company", "host", "owner"),
            invitation("late guest 1", "host company", "host", ago(seconds=1)),
            invitation("late guest 2", "host company", "host", ago(days=30)),
        ),
        keys=keys("late guest 1", "late guest 2"),
        near_misses=quietly(
            founder("other host"),
            company("other company", "other host"),
            member("other company", "other host", "owner"),
            invitation("guest 1", "other company", "other host", CLOCK),
            invitation("guest 2", "other company", "other host", ago(days=9), ago(days=10)),
            invitation("guest 3", "other company", "other host", ago(days=-7)),
        ),
    ),
)


def _health(site: Site, **said: object) -> None:
    """Let the backend say something else of itself, as quickly or slowly as before."""
    site.answers["api"]["GET /health"]["json"].update(said)


def _stuck(site: Site) -> None:
    _health(site, timestamp=ago(minutes=5, seconds=1).isoformat())


def _slow(site: Site) -> None:
    """Two of twenty: one alone is no five percent."""
    site.answers["api"]["GET /health"]["seconds"] = [2.05] * 2 + [0.0] * 18


def _leaking(site: Site) -> None:
    key = "sk_" + "live_" + "0123456789abcdef"  # in pieces, lest a scanner takes it for one
    site.answer("site", "GET", "/", text='<script src="/_next/app.js"></script>')
    site.answer("site", "GET", "/_next/app.js", text=f'fetch(url, {{key: "{key}"}})')


SERVICE = (
    Fault(
        name="service_sick",
        invariant="the_service_is_healthy",
        plant="",
        keys=frozenset({"api"}),
        site=lambda site: _health(site, status="degraded"),
    ),
    Fault(
        name="service_for_developers",
        invariant="the_service_is_healthy",
        plant="",
        keys=frozenset({"api"}),
        site=lambda site: _health(site, environment="development"),
    ),
    Fault(
        name="service_stuck",
        invariant="the_service_is_healthy",
        plant="",
        keys=frozenset({"api"}),
        site=_stuck,
    ),
    Fault(
        name="service_slow",
        invariant="responses_are_fast",
        plant="",
        keys=frozenset({"api"}),
        site=_slow,
    ),
    Fault(
        name="auth_down",
        invariant="the_auth_service_is_healthy",
        plant="",
        keys=frozenset({"supabase"}),
        site=lambda site: site.answer("supabase", "GET", "/auth/v1/health", status=500),
    ),
    Fault(
        name="data_api_down",
        invariant="the_data_api_answers",
        plant="",
        keys=frozenset({key_text((ROWS,))}),
        site=lambda site: site.answer(
            "supabase",
            "GET",
            ROWS,
            status=503,
            json={"code": "PGRST002", "message": "Could not query the database"},
        ),
    ),
    Fault(
        name="billing_off",
        invariant="billing_routes_are_on",
        plant="",
        keys=frozenset({key_text(("/billing",))}),
        site=lambda site: site.answer(
            "api", "GET", "/billing", status=503, json={"error": "Billing is not configured"}
        ),
    ),
    Fault(
        name="pages_refused",
        invariant="the_api_allows_our_frontend_origin",
        plant="",
        keys=frozenset({"ours"}),
        site=lambda site: site.answer(
            "api",
            "OPTIONS",
            "/billing",
            status=204,
            headers={"Access-Control-Allow-Origin": "http://localhost:3000"},
        ),
    ),
    Fault(
        name="secret_served",
        invariant="no_secret_is_served_to_browsers",
        plant="",
        keys=frozenset({key_text(("/_next/app.js", "Stripe secret key"))}),
        site=_leaking,
    ),
    # Each is sound exactly at its limit.
    Fault(
        name="errors_common",
        invariant="errors_stay_rare",
        plant="",
        keys=frozenset({"requests"}),
        site=lambda site: apis.sentry(site, "venture-companion", failed=51, number=1000),
    ),
    Fault(
        name="sign_ins_failing",
        invariant="sign_ins_succeed",
        plant="",
        keys=frozenset({"sign-ins"}),
        site=lambda site: apis.sign_ins(site, "venturecompanionproj", succeeded=89, number=100),
    ),
)

SCHEMA = (
    Fault(
        name="row_level_security_off",
        invariant="every_table_in_public_has_row_level_security",
        plant="alter table public.template_customization_history disable row level security;",
        keys=frozenset({"public.template_customization_history"}),
        near_misses="""
            create schema private;
            create table private.notes (id integer primary key);
        """,
        also={RECORDED: frozenset({"public.template_customization_history row level security"})},
    ),
    Fault(
        name="rows_shown_to_others",
        invariant="a_user_sees_only_their_own_rows",
        plant="""
            create policy "Runs can be shared" on public.agent_runs for select to authenticated
                using (trigger = 'manual');
            create policy "Vibes are public" on public.vibe_configs for select to anon using (true);
        """,
        keys=frozenset({"agent_runs/authenticated", "vibe_configs/anon"}),
        near_misses="""
            create policy "Own again" on public.user_profiles for select to authenticated
                using (user_id = auth.uid()::text);
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.agent_runs policy Runs can be shared",
                    "public.vibe_configs policy Vibes are public",
                    "public.user_profiles policy Own again",
                }
            )
        },
    ),
    Fault(
        name="open_policies",
        invariant="no_policy_lets_everyone_write",
        # The first is the one that production has.
        plant="""
            create policy "System can insert usage metrics" on public.usage_metrics
                for insert with check (true);
            create policy "Stripe may write" on public.stripe_webhook_events
                for all to anon using (true);
        """,
        keys=frozenset(
            {
                "public.usage_metrics.System can insert usage metrics",
                "public.stripe_webhook_events.Stripe may write",
            }
        ),
        near_misses="""
            create policy "Service may meter" on public.usage_metrics
                for update to service_role using (true);
            create policy "Nobody invites" on public.invitations
                for insert to authenticated with check (false);
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.usage_metrics policy System can insert usage metrics",
                    "public.stripe_webhook_events policy Stripe may write",
                    "public.usage_metrics policy Service may meter",
                    "public.invitations policy Nobody invites",
                }
            )
        },
    ),
    Fault(
        name="recursive_policy",
        invariant="every_policy_can_be_evaluated",
        # As production has it: whoever reads a table whose policies ask this one fails with it.
        plant="""
            alter policy "Members can view organization members" on public.organization_members
                using (exists (
                    select from public.organization_members om
                    where om.org_id = organization_members.org_id and om.user_id = auth.uid()
                ));
        """,
        keys=frozenset(
            {"public.organization_members", "public.organizations", "public.invitations"}
        ),
        near_misses="""
            create policy "Only with a profile" on public.background_events
                as restrictive for select using (exists (
                    select from public.user_profiles p where p.user_id = background_events.user_id
                ));
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.organization_members policy Members can view organization members",
                    "public.background_events policy Only with a profile",
                }
            )
        },
    ),
    Fault(
        name="foreign_key_not_validated",
        invariant="every_foreign_key_is_validated",
        plant="""
            alter table public.invitations
                drop constraint invitations_invited_by_fkey,
                add constraint invitations_invited_by_fkey foreign key (invited_by)
                    references auth.users (id) on delete cascade not valid;
        """,
        keys=frozenset({"public.invitations.invitations_invited_by_fkey"}),
        near_misses="""
            alter table public.organizations
                add constraint organizations_name_check check (name <> '') not valid;
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.invitations constraint invitations_invited_by_fkey",
                    "public.organizations constraint organizations_name_check",
                }
            )
        },
    ),
    Fault(
        name="index_invalid",
        invariant="no_index_is_invalid",
        plant="""
            create index agent_runs_user_id_idx on public.agent_runs (user_id);
            update pg_index set indisvalid = false
            where indexrelid = 'public.agent_runs_user_id_idx'::regclass;
        """,
        keys=frozenset({"public.agent_runs_user_id_idx"}),
        near_misses="create index usage_user_id_idx on public.usage_metrics (user_id);",
    ),
    Fault(
        name="trigger_disabled",
        invariant="no_trigger_is_disabled",
        plant="""
            alter table public.user_template_customizations
                disable trigger track_customization_changes;
        """,
        keys=frozenset({"public.user_template_customizations.track_customization_changes"}),
        near_misses="""
            create trigger touch_organizations before update of name on public.organizations
                for each row execute function public.update_updated_at_column();
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.user_template_customizations trigger track_customization_changes",
                    "public.organizations trigger touch_organizations",
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
            delete from supabase_migrations.schema_migrations where version = '013';
            insert into supabase_migrations.schema_migrations (version, name)
            values ('20261030154500', 'hotfix');
        """,
        keys=frozenset({"013", "20261030154500"}),
        near_misses="""
            delete from auth.schema_migrations where version = '20171026211738';
            update supabase_migrations.schema_migrations set statements = null, name = null
            where version = '001';
        """,
    ),
    Fault(
        name="schema_drifted",
        invariant=RECORDED,
        plant="""
            alter table public.agent_runs add column workspace_id uuid;
            drop policy "Users can delete own profile" on public.user_profiles;
        """,
        keys=frozenset(
            {
                "public.agent_runs.workspace_id",
                "public.user_profiles policy Users can delete own profile",
            }
        ),
        near_misses="""
            comment on table public.agent_runs is 'What an agent was asked, and did';
            create index agent_runs_created_at_idx on public.agent_runs (created_at);
        """,
    ),
)

FAULTS: tuple[Fault, ...] = (
    *USERS,
    *SUBSCRIPTIONS,
    *STRIPE,
    *USAGE,
    *ORGANIZATIONS,
    *SERVICE,
    *SCHEMA,
)
