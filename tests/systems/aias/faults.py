"""
AIAS Platform's faults: for each invariant, rows that break it beside rows that only look as if.

Each fault has users, tenants and Stripe customers of its own, so that all can be planted at once.
"""

from datetime import datetime, timedelta

from trueup.sample import CLOCK
from trueup.sample.faults import Fault
from trueup.sample.planting import LONG_AGO, ago, keys, quietly, row, supabase_user, uid
from trueup.sample.site import Site, apis
from trueup.sample.stripe.account import Account


def person(name: str, **changed: object) -> str:
    """An account and its profile."""
    return supabase_user(name, **changed) + row(
        "public.profiles",
        id=uid(name),
        email=f"{name.replace(' ', '.')}@example.com",
        display_name=name,
        created_at=LONG_AGO,
        updated_at=LONG_AGO,
    )


def tenant(name: str, status: str | None = "active", admin: str = "", **limits: object) -> str:
    """A tenant with somebody who runs it, unless told that nobody does."""
    owner = admin or f"{name} admin"
    founded = row(
        "public.tenants",
        id=uid(name),
        name=name,
        subdomain=name.replace(" ", "-"),
        status=status,
        limits=limits,
        created_at=LONG_AGO,
        updated_at=LONG_AGO,
    )
    return founded if admin == NOBODY else founded + person(owner) + member(name, owner, "admin")


NOBODY = "nobody"


def member(
    of: str, name: str, role: str = "member", status: str = "active", invited_by: str = ""
) -> str:
    """Somebody who is there, as a member of a tenant."""
    return row(
        "public.tenant_members",
        id=uid(f"{name} in {of}"),
        tenant_id=uid(of),
        user_id=uid(name),
        role=role,
        status=status,
        invited_by=uid(invited_by) if invited_by else None,
        joined_at=LONG_AGO,
        created_at=LONG_AGO,
        updated_at=LONG_AGO,
    )


def workflow(name: str, of: str, owner: str = "", **changed: object) -> str:
    """A workflow of a tenant, made by its admin unless told otherwise."""
    values: dict[str, object] = {
        "id": uid(name),
        "name": name,
        "version": "1.0",
        "trigger": {"type": "schedule"},
        "start_step_id": uid(f"{name} step"),
        "category": "reports",
        "created_by": uid(owner or f"{of} admin"),
        "tenant_id": uid(of),
        "created_at": ago(days=90),
        "updated_at": ago(days=90),
    }
    return row("public.workflows", **values | changed)


def workflows(of: str, number: int) -> str:
    """So many workflows of a tenant."""
    return "".join(workflow(f"{of} workflow {n}", of) for n in range(number))


def execution(name: str, of: str, status: str, started: datetime, **changed: object) -> str:
    """A run of a workflow of this name, in the tenant of that name."""
    values: dict[str, object] = {
        "id": uid(name),
        "workflow_id": uid(f"{of} workflow"),
        "user_id": uid(f"{of} admin"),
        "tenant_id": uid(of),
        "status": status,
        "input": {"row": 1},
        "started_at": started,
    }
    return row("public.workflow_executions", **values | changed)


def error(name: str, severity: str, when: datetime, *, resolved: bool = False) -> str:
    """An error of nobody in particular."""
    return row(
        "public.error_logs",
        id=uid(name),
        timestamp=when,
        error={"message": "The API answered 503"},
        context={"route": "/api/workflows"},
        severity=severity,
        resolved=resolved,
    )


def calls(name: str, kind: str, when: datetime) -> str:
    """A great many calls of a kind, by somebody with a tenant."""
    return person(name) + row(
        "public.usage_metrics",
        id=uid(f"{name} made"),
        user_id=uid(name),
        metric_type=kind,
        quantity=100_000,
        timestamp=when,
    )


def tier_id(name: str) -> int:
    """The id of a tier by its name; below zero, where the sequence never was."""
    return -(uid(name).int % 10**9) - 1


def tier_keys(*names: str) -> frozenset[str]:
    """The ids of these tiers, as keys."""
    return frozenset(str(tier_id(name)) for name in names)


def held(
    name: str, owner: str, tier: str, expires: datetime | None, created: datetime = LONG_AGO
) -> str:
    """A tier of a user."""
    return row(
        "public.subscription_tiers",
        id=tier_id(name),
        user_id=uid(owner),
        tier=tier,
        expires_at=expires,
        created_at=created,
    )


SOON = CLOCK + timedelta(days=24)
"""When the period ends that every payer has paid for."""


def subscription(
    name: str, tier: str = "starter", status: str = "active", **changed: object
) -> str:
    """The subscription of somebody who is there."""
    values: dict[str, object] = {
        "id": uid(f"{name} subscription"),
        "user_id": uid(name),
        "tier": tier,
        "status": status,
        "stripe_subscription_id": f"sub_{uid(name).hex[:18]}",
        "stripe_customer_id": f"cus_{uid(name).hex[:18]}",
        "current_period_start": ago(days=6),
        "current_period_end": SOON,
        "created_at": ago(days=90),
        "updated_at": ago(days=6),
    }
    return row("public.subscriptions", **values | changed)


def payer(name: str, tier: str = "starter", status: str = "active", **changed: object) -> str:
    """Somebody who pays, as Stripe told, with the tier that they pay for."""
    return unserved(name, tier, status, **changed) + held(
        f"{name} tier", name, tier, SOON, ago(days=6)
    )


def unserved(name: str, tier: str = "starter", status: str = "active", **changed: object) -> str:
    """Somebody who pays, as Stripe told, and has no tier."""
    return person(name) + subscription(name, tier, status, **changed) + told(name, tier, status)


def told(name: str, tier: str, status: str) -> str:
    """What Stripe told last of this user's subscription."""
    price = {"id": f"price_{tier}_monthly", "object": "price", "product": f"prod_aias_{tier}"}
    period = {
        "object": "subscription_item",
        "current_period_start": int(ago(days=6).timestamp()),
        "current_period_end": int(SOON.timestamp()),
        "price": price,
    }
    about: dict[str, object] = {
        "id": f"sub_{uid(name).hex[:18]}",
        "object": "subscription",
        "customer": f"cus_{uid(name).hex[:18]}",
        "status": status,
        "items": {"object": "list", "data": [period]},
        "metadata": {"user_id": str(uid(name))},
    }
    return heard(f"{name} told", "customer.subscription.updated", ago(days=6), about)


def heard(
    name: str,
    kind: str,
    when: datetime,
    about: dict[str, object],
    *,
    processed: bool | None = True,
    source: str = "stripe",
) -> str:
    """An event that came in."""
    event = {
        "id": f"evt_{uid(name).hex[:18]}",
        "object": "event",
        "type": kind,
        "created": int(when.timestamp()),
        "data": {"object": about},
    }
    return row(
        "public.webhook_events",
        id=uid(name),
        source=source,
        event=kind,
        payload=event if source == "stripe" else about,
        processed=processed,
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


RECORDED = "the_schema_is_the_one_we_recorded"

MIRRORED = "every_live_stripe_subscription_is_mirrored"

PAID_FOR = "every_active_subscription_names_its_stripe_subscription"

WORKFLOWS = (
    Fault(
        name="executions_pending",
        invariant="no_workflow_execution_stays_pending",
        # The third was put back before, the fourth too often; nobody would run the last three.
        plant=quietly(
            tenant("waiting"),
            workflow("waiting workflow", "waiting"),
            execution("waiting 1", "waiting", "pending", ago(minutes=15, seconds=1)),
            execution("waiting 2", "waiting", "pending", ago(days=3), user_id=None),
            execution("waiting 3", "waiting", "pending", ago(hours=1), metadata={"retries": 2}),
            execution("waiting 4", "waiting", "pending", ago(hours=1), metadata={"retries": 3}),
            workflow("waiting off", "waiting", enabled=False),
            execution(
                "waiting 5", "waiting", "pending", ago(hours=1), workflow_id=uid("waiting off")
            ),
            tenant("waiting long", "suspended"),
            workflow("waiting long workflow", "waiting long"),
            execution("waiting 6", "waiting long", "pending", ago(hours=1)),
            execution("waiting 7", "waiting", "pending", ago(hours=1), workflow_id=uid("gone")),
        ),
        keys=keys(*(f"waiting {number}" for number in range(1, 8))),
        near_misses=quietly(
            tenant("hardly waiting"),
            workflow("hardly waiting workflow", "hardly waiting"),
            execution("hardly waiting 1", "hardly waiting", "pending", ago(minutes=15)),
            execution("hardly waiting 2", "hardly waiting", "running", ago(minutes=15)),
            execution("hardly waiting 3", "hardly waiting", "Pending", ago(days=3)),
            execution(
                "hardly waiting 4",
                "hardly waiting",
                "failed",
                ago(days=3),
                completed_at=ago(days=3, seconds=-9),
            ),
        ),
    ),
    Fault(
        name="executions_overrun",
        invariant="no_workflow_execution_outruns_its_timeout",
        plant=quietly(
            tenant("running"),
            workflow("running workflow", "running"),
            execution("running 1", "running", "running", ago(seconds=901)),
            execution("running 2", "running", "running", ago(days=9), tenant_id=None),
        ),
        keys=keys("running 1", "running 2"),
        near_misses=quietly(
            tenant("still running"),
            workflow("still running workflow", "still running"),
            execution("still running 1", "still running", "running", ago(seconds=900)),
            execution("still running 2", "still running", "pending", ago(seconds=899)),
            execution("still running 3", "still running", "paused", ago(days=9)),
        ),
    ),
    Fault(
        name="executions_without_end",
        invariant="every_finished_execution_says_when",
        # The first measured how long it took, the others did not; the last began a minute ago.
        plant=quietly(
            tenant("endless"),
            workflow("endless workflow", "endless"),
            execution(
                "endless 1", "endless", "completed", ago(days=2), metrics={"durationMs": 4200}
            ),
            execution("endless 2", "endless", "failed", ago(days=2), metrics={"durationMs": None}),
            execution("endless 3", "endless", "cancelled", ago(minutes=1)),
        ),
        keys=keys("endless 1", "endless 2", "endless 3"),
        near_misses=quietly(
            tenant("ending"),
            workflow("ending workflow", "ending"),
            execution("ending 1", "ending", "running", ago(minutes=2)),
            execution("ending 2", "ending", "skipped", ago(days=2)),
            execution("ending 3", "ending", "completed", ago(days=2), completed_at=ago(days=2)),
        ),
    ),
    Fault(
        name="tenants_beyond_their_plan",
        invariant="tenants_stay_within_their_plan",
        # The third was granted less than it pays for; nobody sells the tier of the fourth, and the
        # last was written by its user.
        plant=quietly(
            tenant("greedy free"),
            workflows("greedy free", 4),
            tenant("greedy starter"),
            payer("greedy payer", tenant_id=uid("greedy starter")),
            workflows("greedy starter", 11),
            tenant("greedy limited", workflows=5),
            payer("greedy patron", "enterprise", tenant_id=uid("greedy limited")),
            workflows("greedy limited", 6),
            tenant("greedy unknown"),
            person("greedy inventor"),
            subscription(
                "greedy inventor",
                "ultra",
                tenant_id=uid("greedy unknown"),
                stripe_subscription_id=None,
                stripe_customer_id=None,
            ),
            workflows("greedy unknown", 4),
            tenant("greedy unpaid"),
            person("greedy writer"),
            subscription(
                "greedy writer",
                "enterprise",
                tenant_id=uid("greedy unpaid"),
                stripe_subscription_id=None,
                stripe_customer_id=None,
            ),
            workflows("greedy unpaid", 4),
        ),
        keys=keys(
            *(f"greedy {name}" for name in ("free", "starter", "limited", "unknown", "unpaid"))
        ),
        also={PAID_FOR: keys("greedy inventor subscription", "greedy writer subscription")},
        near_misses=quietly(
            tenant("modest free", workflows="as many as they like"),
            workflows("modest free", 3),
            workflow("modest off", "modest free", enabled=False),
            workflow("modest old", "modest free", deprecated=True),
            tenant("modest starter"),
            payer("modest payer", status="past_due", tenant_id=uid("modest starter")),
            workflows("modest starter", 10),
            tenant("modest enterprise"),
            payer("modest patron", "enterprise", tenant_id=uid("modest enterprise")),
            workflows("modest enterprise", 60),
            tenant("modest granted", workflows=-1),
            workflows("modest granted", 5),
            tenant("modest left"),
            unserved("modest former", "pro", "canceled", tenant_id=uid("modest left")),
            workflows("modest left", 3),
        ),
    ),
)

ERRORS = (
    Fault(
        name="errors_frequent",
        invariant="errors_stay_rare",
        plant=quietly(
            *(error(f"frequent {n}", "high", ago(minutes=5 * n)) for n in range(1, 8)),
            error("frequent from the hour on", "low", ago(hours=1)),
        ),
        keys=frozenset({"last_hour"}),
        # Were any of these calls counted, the errors would be rare.
        near_misses=quietly(
            *(
                calls(f"calls {n}", kind, when)
                for n, (kind, when) in enumerate(
                    [
                        ("api_call", ago(hours=1, seconds=1)),
                        ("api_call", CLOCK),
                        ("ai_token", ago(minutes=30)),
                    ]
                )
            ),
            *(error(f"rare {n}", "high", ago(hours=1, seconds=n)) for n in range(1, 30)),
            *(error(f"rare now {n}", "high", CLOCK) for n in range(1, 30)),
        ),
    ),
    Fault(
        name="critical_errors_left",
        invariant="no_critical_error_stays_unresolved_for_an_hour",
        plant=quietly(
            error("critical 1", "critical", ago(hours=1, seconds=1)),
            error("critical 2", "critical", ago(days=40)),
        ),
        keys=keys("critical 1", "critical 2"),
        near_misses=quietly(
            error("hardly critical 1", "critical", ago(hours=1)),
            error("hardly critical 2", "critical", ago(days=40), resolved=True),
            error("hardly critical 3", "high", ago(days=40)),
            error("hardly critical 4", "Critical", ago(days=40)),
        ),
    ),
)

SUBSCRIPTIONS = (
    Fault(
        name="tiers_superseded",
        invariant="each_user_has_one_current_tier",
        # Who pays keeps that tier, though another is newer; who does not, the newest.
        plant=quietly(
            payer("renewed"),
            held("renewed before", "renewed", "starter", ago(days=-2), ago(days=36)),
            payer("promoted"),
            held("promoted by hand", "promoted", "enterprise", None, ago(days=1)),
            person("unpaid"),
            held("unpaid 1", "unpaid", "free", None, ago(days=9)),
            held("unpaid 2", "unpaid", "free", None, ago(days=8)),
            held("unpaid 3", "unpaid", "free", ago(seconds=-1), ago(days=10)),
        ),
        keys=keys("renewed", "promoted", "unpaid"),
        also={"no_current_tier_outlives_its_subscription": tier_keys("promoted by hand")},
        near_misses=quietly(
            payer("renewed in time"),
            held("renewed in time before", "renewed in time", "starter", CLOCK, ago(days=36)),
            person("long gone"),
            held("long gone 1", "long gone", "pro", ago(days=9)),
            held("long gone 2", "long gone", "pro", ago(days=9)),
        ),
    ),
    Fault(
        name="tiers_not_paid_for",
        invariant="no_current_tier_outlives_its_subscription",
        plant=quietly(
            person("taker"),
            held("taken", "taker", "pro", None),
            unserved("leaver", status="canceled"),
            held("kept", "leaver", "starter", SOON),
            person("inventor"),
            subscription("inventor", "pro", stripe_subscription_id=None, stripe_customer_id=None),
            held("invented", "inventor", "pro", SOON),
        ),
        keys=tier_keys("taken", "kept", "invented"),
        also={PAID_FOR: keys("inventor subscription")},
        near_misses=quietly(
            person("free rider"),
            held("free ride", "free rider", "free", None),
            payer("late payer", status="past_due"),
            unserved("punctual leaver", status="canceled"),
            held("given back", "punctual leaver", "starter", CLOCK),
        ),
    ),
    Fault(
        name="subscriptions_without_tier",
        invariant="every_subscription_has_its_tier",
        plant=quietly(
            unserved("unserved 1", created_at=ago(minutes=15)),
            unserved("unserved 2"),
            held("ran out", "unserved 2", "starter", CLOCK),
            unserved("unserved 3", "pro"),
            held("too small", "unserved 3", "starter", SOON),
            unserved("unserved 4", "enterprise", "trialing"),
        ),
        keys=keys(*(f"unserved {number} subscription" for number in (1, 2, 3, 4))),
        also={"no_current_tier_outlives_its_subscription": tier_keys("too small")},
        near_misses=quietly(
            unserved("on its way", created_at=ago(minutes=14, seconds=59)),
            unserved("left", status="canceled"),
            unserved("late", status="past_due"),
            payer("double", "pro"),
            subscription(
                "double small",
                user_id=uid("double"),
                stripe_subscription_id=f"sub_{uid('double small').hex[:18]}",
            ),
            told("double small", "starter", "active"),
        ),
    ),
)


def _unmirrored(account: Account) -> None:
    changed(account, "lost 1", ago(hours=30), "deleted", status="canceled")
    changed(account, "lost 2", ago(hours=30), status="past_due")
    [item] = account.objects["subscriptions"][next(iter(sub_of("lost 3")))]["items"]["data"]
    item["price"] = account.objects["prices"]["price_pro_monthly"]
    subscribed(account, "lost 4", ago(days=3))
    changed(account, "lost 5", ago(days=3), cancel_at_period_end=True)
    subscribed(account, "nearly lost 1", ago(minutes=14))
    changed(account, "nearly lost 2", ago(minutes=14), "deleted", status="canceled")
    subscribed(account, "nearly lost 3", ago(days=3), status="incomplete_expired")


def _failing(account: Account) -> None:
    about = {"id": "in_failing", "object": "invoice"}
    for number in range(30):
        event = f"evt_failing_{number}"
        account.event(event, "invoice.payment_succeeded", about, ago(hours=2, minutes=number))
        if number < 5:
            account.undelivered.add(event)


def _undelivered(account: Account) -> None:
    about = {"id": "in_late", "object": "invoice"}
    for number, when in (
        ("evt_late_1", ago(hours=1)),
        ("evt_late_2", ago(days=29)),
        ("evt_nearly_late", ago(minutes=59, seconds=59)),
    ):
        account.event(number, "invoice.payment_succeeded", about, when, pending_webhooks=1)
        account.undelivered.add(number)


def _deaf(account: Account) -> None:
    account.objects["webhook_endpoints"]["we_aias"]["status"] = "disabled"


INVOICE: dict[str, object] = {"id": "in_waiting", "object": "invoice"}

STRIPE = (
    Fault(
        name="subscriptions_not_mirrored",
        invariant=MIRRORED,
        plant=quietly(*map(payer, (f"lost {number}" for number in (1, 2, 3, 5))), person("lost 4")),
        keys=sub_of(*(f"lost {number}" for number in (1, 2, 3, 4, 5))),
        near_misses=quietly(
            person("nearly lost 1"), payer("nearly lost 2"), person("nearly lost 3")
        ),
        stripe=_unmirrored,
    ),
    Fault(
        name="subscriptions_for_free",
        invariant=PAID_FOR,
        # What row-level security lets a user write.
        plant=quietly(
            person("thief 1"),
            subscription("thief 1", "enterprise", stripe_subscription_id=None),
            person("thief 2"),
            subscription("thief 2", status="past_due", stripe_subscription_id=None),
        ),
        keys=keys("thief 1 subscription", "thief 2 subscription"),
        near_misses=quietly(
            person("no thief 1"),
            subscription("no thief 1", status="trialing", stripe_subscription_id=None),
            person("no thief 2"),
            subscription("no thief 2", status="canceled", stripe_subscription_id=None),
        ),
    ),
    Fault(
        name="subscriptions_not_in_stripe",
        invariant="every_mirrored_subscription_exists_in_stripe",
        plant=quietly(
            person("made up 1"),
            subscription("made up 1"),
            held("made up 1 tier", "made up 1", "starter", SOON),
            person("made up 2"),
            subscription("made up 2", status="past_due"),
        ),
        keys=keys("made up 1 subscription", "made up 2 subscription"),
        near_misses=quietly(person("made up 3"), subscription("made up 3", status="canceled")),
    ),
    Fault(
        name="events_not_processed",
        invariant="every_webhook_event_is_processed_within_ten_minutes",
        # Stripe keeps the third no longer, and the last two are not its own.
        plant=quietly(
            heard("idle 1", "invoice.paid", ago(minutes=10, seconds=1), INVOICE, processed=False),
            heard("idle 2", "invoice.payment_failed", ago(days=29), INVOICE, processed=None),
            heard("idle 3", "invoice.payment_failed", ago(days=31), INVOICE, processed=False),
            heard(
                "idle 4",
                "record.updated",
                ago(days=2),
                {"record": 1},
                processed=False,
                source="shopify",
            ),
            heard(
                "idle 5",
                "record.updated",
                ago(days=2),
                {"id": "evt_1"},
                processed=None,
                source="zapier",
            ),
        ),
        keys=keys(*(f"idle {number}" for number in range(1, 6))),
        near_misses=quietly(
            heard("busy 1", "invoice.paid", ago(minutes=10), INVOICE, processed=False),
            heard(
                "busy 2",
                "record.updated",
                ago(minutes=9),
                {"record": 1},
                processed=None,
                source="shopify",
            ),
            heard("busy 3", "record.updated", ago(days=2), {"record": 1}, source="shopify"),
        ),
    ),
    Fault(
        name="webhooks_failing",
        invariant="webhooks_succeed",
        plant="",
        keys=frozenset({"webhooks"}),
        also={
            "no_webhook_delivery_has_failed_for_an_hour": frozenset(
                f"evt_failing_{number}" for number in range(5)
            )
        },
        stripe=_failing,
    ),
    Fault(
        name="deliveries_failed",
        invariant="no_webhook_delivery_has_failed_for_an_hour",
        plant="",
        keys=frozenset({"evt_late_1", "evt_late_2"}),
        stripe=_undelivered,
    ),
    Fault(
        name="webhook_endpoint_disabled",
        invariant="the_webhook_endpoint_is_enabled",
        plant="",
        keys=frozenset({"we_aias"}),
        stripe=_deaf,
    ),
)

TENANTS = (
    Fault(
        name="tenants_without_admin",
        invariant="every_tenant_has_an_admin",
        # Of the first somebody invited the others, in the second there is only one; the others
        # leave nobody, or two, and one of them invited somebody to another tenant.
        plant=quietly(
            *map(person, (f"orphan {number}" for number in range(1, 8))),
            tenant("headless 1", admin=NOBODY),
            member("headless 1", "orphan 1", "member"),
            member("headless 1", "orphan 2", "viewer", invited_by="orphan 1"),
            tenant("headless 2", "suspended", admin=NOBODY),
            member("headless 2", "orphan 3", "billing"),
            member("headless 2", "orphan 4", "admin", "pending"),
            tenant("headless 3", "trial", admin=NOBODY),
            member("headless 3", "orphan 5"),
            member("headless 3", "orphan 6"),
            tenant("headless 4", None, admin=NOBODY),
            member("headless 4", "orphan 7", "admin", "removed"),
            tenant("headed elsewhere"),
            member("headed elsewhere", "orphan 7", invited_by="orphan 5"),
        ),
        keys=keys(*(f"headless {number}" for number in (1, 2, 3, 4))),
        near_misses=quietly(
            tenant("closed", "cancelled", admin=NOBODY),
            tenant("headed"),
            person("headed before"),
            member("headed", "headed before", "admin", "suspended"),
        ),
    ),
    Fault(
        name="workflows_of_strangers",
        invariant="every_workflow_owner_is_a_member",
        plant=quietly(
            tenant("haunted"),
            *map(person, ("ghost 1", "ghost 2", "ghost 3")),
            member("haunted", "ghost 1", status="removed"),
            member("haunted", "ghost 2", "admin", "suspended"),
            *(workflow(f"haunting {number}", "haunted", f"ghost {number}") for number in (1, 2, 3)),
        ),
        keys=keys("haunting 1", "haunting 2", "haunting 3"),
        near_misses=quietly(
            tenant("lively"),
            *map(person, ("guest 1", "guest 2")),
            member("lively", "guest 1", status="removed"),
            member("lively", "guest 2", "viewer"),
            workflow("lively off", "lively", "guest 1", enabled=False),
            workflow("lively own", "lively", "guest 2"),
            workflow("lively nobody's", "lively", created_by=None),
        ),
    ),
    Fault(
        name="rows_of_no_tenant",
        invariant="every_tenant_row_names_a_tenant",
        # Certain of the first and of the first run; the owner of the second is at home in two
        # tenants, that of the third in none any more, and a restore lost the tenant of the others,
        # whose run and whose member say no more.
        plant=quietly(
            tenant("home 1"),
            tenant("home 2"),
            *map(person, ("settled", "commuter", "homeless")),
            member("home 1", "settled"),
            member("home 2", "settled", status="suspended"),
            member("home 1", "commuter"),
            member("home 2", "commuter"),
            member("home 2", "homeless", status="removed"),
            workflow("adrift 1", "home 1", "settled", tenant_id=None),
            workflow("adrift 2", "home 1", "commuter", tenant_id=None),
            workflow("adrift 3", "home 1", "homeless", tenant_id=None),
            workflow("adrift 4", "gone", created_by=None),
            person("castaway"),
            member("gone", "castaway"),
            workflow("adrift 5", "gone", "castaway", tenant_id=None),
            workflow("home 1 workflow", "home 1"),
            execution(
                "run adrift",
                "home 1",
                "completed",
                ago(days=2),
                user_id=None,
                tenant_id=None,
                completed_at=ago(days=2),
            ),
            execution(
                "run of adrift 4",
                "gone",
                "completed",
                ago(days=2),
                workflow_id=uid("adrift 4"),
                user_id=None,
                tenant_id=None,
                completed_at=ago(days=2),
            ),
            execution(
                "run of the gone",
                "home 1",
                "completed",
                ago(days=2),
                tenant_id=uid("gone"),
                completed_at=ago(days=2),
            ),
            row(
                "public.usage_metrics",
                id=uid("used by the gone"),
                user_id=uid("settled"),
                tenant_id=uid("gone"),
                metric_type="ai_token",
                quantity=1,
                timestamp=ago(days=2),
            ),
        ),
        keys=keys(
            *(f"adrift {number}" for number in (1, 2, 3, 4, 5)),
            "castaway in gone",
            "run adrift",
            "run of adrift 4",
            "run of the gone",
            "used by the gone",
        ),
        near_misses=quietly(
            tenant("harbour"),
            workflow("harbour workflow", "harbour"),
            execution(
                "run of one's own",
                "harbour",
                "completed",
                ago(days=2),
                tenant_id=None,
                completed_at=ago(days=2),
            ),
            execution(
                "run of a schedule",
                "harbour",
                "completed",
                ago(days=2),
                user_id=None,
                completed_at=ago(days=2),
            ),
            row(
                "public.usage_metrics",
                id=uid("used alone"),
                user_id=uid("harbour admin"),
                tenant_id=None,
                metric_type="ai_token",
                quantity=1,
                timestamp=ago(days=2),
            ),
            error("error of nobody", "low", ago(days=2)),
        ),
    ),
)


def _signed_up(name: str, when: datetime, **changed: object) -> str:
    return supabase_user(name, created_at=when, **{"email_confirmed_at": when} | changed)


USERS = (
    Fault(
        name="sign_ups_without_profile",
        invariant="sign_ups_complete",
        plant=quietly(*(_signed_up(f"faceless {n}", ago(hours=n)) for n in (1.01, 3, 6, 24))),
        keys=frozenset({"last_day"}),
        near_misses=quietly(
            *(_signed_up(f"early {n}", ago(hours=24, seconds=n)) for n in range(1, 6)),
            *(_signed_up(f"young {n}", ago(minutes=60, seconds=-n)) for n in range(5)),
            *(_signed_up(f"gone {n}", ago(hours=3), deleted_at=ago(hours=2)) for n in range(5)),
            *(_signed_up(f"guest of {n}", ago(hours=3), is_anonymous=True) for n in range(5)),
        ),
    ),
    Fault(
        name="sign_ups_not_confirmed",
        invariant="sign_ups_complete",
        plant=quietly(
            *(
                person(f"silent {n}", created_at=ago(hours=3), email_confirmed_at=None)
                for n in range(5)
            )
        ),
        keys=frozenset({"last_day"}),
        near_misses=quietly(
            person(
                "by telephone",
                created_at=ago(hours=3),
                email_confirmed_at=None,
                phone="14165550100",
                phone_confirmed_at=ago(hours=3),
            )
        ),
    ),
    Fault(
        name="tokens_null",
        invariant="no_user_has_null_tokens",
        plant=quietly(
            person("tokenless 1", confirmation_token=None),
            person("tokenless 2", recovery_token=None, email_change=None, phone_change=None),
            person("tokenless 3", reauthentication_token=None, recovery_token="r" * 56),
        ),
        keys=keys("tokenless 1", "tokenless 2", "tokenless 3"),
        near_misses=quietly(
            person("with a token", confirmation_token="c" * 56),
            person("without a phone", phone=None, encrypted_password=None),
        ),
    ),
)

SCHEMA = (
    Fault(
        name="row_level_security_off",
        invariant="every_table_in_public_has_row_level_security",
        plant="alter table public.webhook_events disable row level security;",
        keys=frozenset({"public.webhook_events"}),
        near_misses="""
            create schema private;
            create table private.notes (id integer primary key);
        """,
        also={RECORDED: frozenset({"public.webhook_events row level security"})},
    ),
    Fault(
        name="rows_shown_to_others",
        invariant="a_user_sees_only_their_own_rows",
        plant="""
            create policy "Colleagues" on public.profiles for select to authenticated using (true);
            create policy "Receipts" on public.billing_events for select to anon using (true);
        """,
        keys=frozenset({"profiles/authenticated", "billing_events/anon"}),
        near_misses="""
            create policy "Own again" on public.billing_events for select to authenticated
                using (user_id = auth.uid());
            create policy "Nobody's" on public.webhook_events for select using (false);
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.profiles policy Colleagues",
                    "public.billing_events policy Receipts",
                    "public.billing_events policy Own again",
                    "public.webhook_events policy Nobody's",
                }
            )
        },
    ),
    Fault(
        name="tenants_shown_to_others",
        invariant="a_member_sees_only_their_own_tenants",
        plant="""
            create policy "Templates" on public.workflows for select to authenticated using (true);
            create policy "Directory" on public.tenants for select to anon using (true);
        """,
        keys=frozenset({"workflows/authenticated", "tenants/anon"}),
        # Own rows of a tenant that one has left, and rows of no tenant and nobody.
        near_misses="""
            create policy "Own anyway" on public.subscriptions for select to authenticated
                using (user_id = auth.uid());
            create policy "Common errors" on public.error_logs for select to authenticated
                using (tenant_id is null and user_id is null);
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.workflows policy Templates",
                    "public.tenants policy Directory",
                    "public.subscriptions policy Own anyway",
                    "public.error_logs policy Common errors",
                }
            )
        },
    ),
    Fault(
        name="executions_shown_to_others",
        invariant="a_member_sees_only_their_own_executions",
        plant="""
            create policy "Runs that failed" on public.workflow_executions
                for select to authenticated using (status = 'failed');
        """,
        keys=frozenset({"workflow_executions/authenticated"}),
        near_misses="""
            create policy "Own runs" on public.workflow_executions for select to authenticated
                using (user_id = auth.uid() and tenant_id is null);
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.workflow_executions policy Runs that failed",
                    "public.workflow_executions policy Own runs",
                }
            )
        },
    ),
    Fault(
        name="tiers_shown_to_others",
        invariant="a_user_sees_only_their_own_tier",
        # As deployed: for a multiplier, everybody reads who pays how much.
        plant="""
            create policy "read_subscription_multiplier" on public.subscription_tiers
                for select using (true);
        """,
        keys=frozenset({"subscription_tiers/authenticated", "subscription_tiers/anon"}),
        also={
            RECORDED: frozenset({"public.subscription_tiers policy read_subscription_multiplier"})
        },
    ),
    Fault(
        name="open_policies",
        invariant="no_policy_lets_everyone_write",
        plant="""
            create policy "Tenants are shared" on public.tenants
                for update to authenticated using (true);
            create policy "Tools may write" on public.webhook_events
                for insert to anon with check (true);
        """,
        keys=frozenset(
            {"public.tenants.Tenants are shared", "public.webhook_events.Tools may write"}
        ),
        near_misses="""
            create policy "Nothing more" on public.error_logs
                as restrictive for update using (true);
            create policy "Service may log" on public.error_logs
                for insert to service_role with check (true);
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.tenants policy Tenants are shared",
                    "public.webhook_events policy Tools may write",
                    "public.error_logs policy Nothing more",
                    "public.error_logs policy Service may log",
                }
            )
        },
    ),
    Fault(
        name="recursive_policy",
        invariant="every_policy_can_be_evaluated",
        # That of tenant_members, as deployed, would hide what others show: deployed.sql has it.
        plant="""
            create policy "Whoever was billed" on public.billing_events
                for select to authenticated using (exists (
                    select from public.billing_events mine where mine.user_id = auth.uid()
                ));
        """,
        keys=frozenset({"public.billing_events"}),
        # It reads another table under that table's own policies, and these do not read it back.
        near_misses="""
            create policy "Only with a profile" on public.subscription_tiers
                as restrictive for select to authenticated using (
                    exists (select from public.profiles p where p.id = auth.uid())
                );
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.billing_events policy Whoever was billed",
                    "public.subscription_tiers policy Only with a profile",
                }
            )
        },
    ),
    Fault(
        name="foreign_key_not_validated",
        invariant="every_foreign_key_is_validated",
        plant="""
            alter table public.error_logs
                drop constraint error_logs_tenant_id_fkey,
                add constraint error_logs_tenant_id_fkey foreign key (tenant_id)
                    references public.tenants (id) on delete set null not valid;
        """,
        keys=frozenset({"public.error_logs.error_logs_tenant_id_fkey"}),
        near_misses="""
            alter table public.workflows
                add constraint workflows_name_check check (name <> '') not valid;
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.error_logs constraint error_logs_tenant_id_fkey",
                    "public.workflows constraint workflows_name_check",
                }
            )
        },
    ),
    Fault(
        name="index_invalid",
        invariant="no_index_is_invalid",
        plant="""
            create index workflow_executions_started_at_idx
                on public.workflow_executions (started_at);
            update pg_index set indisvalid = false
            where indexrelid = 'public.workflow_executions_started_at_idx'::regclass;
        """,
        keys=frozenset({"public.workflow_executions_started_at_idx"}),
        near_misses="create index workflows_tenant_id_idx on public.workflows (tenant_id);",
    ),
    Fault(
        name="trigger_disabled",
        invariant="no_trigger_is_disabled",
        plant="alter table public.workflows disable trigger update_workflows_updated_at;",
        keys=frozenset({"public.workflows.update_workflows_updated_at"}),
        near_misses="""
            create trigger touch_tenants before update of name on public.tenants
                for each row execute function public.update_updated_at_column();
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.workflows trigger update_workflows_updated_at",
                    "public.tenants trigger touch_tenants",
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
            delete from supabase_migrations.schema_migrations where version = '20250127000000';
            insert into supabase_migrations.schema_migrations (version, name)
            values ('20261030154500', 'hotfix');
        """,
        keys=frozenset({"20250127000000", "20261030154500"}),
        near_misses="""
            delete from auth.schema_migrations where version = '20171026211738';
            update supabase_migrations.schema_migrations set statements = null, name = null
            where version = '20250120000000';
        """,
    ),
    Fault(
        name="schema_drifted",
        invariant=RECORDED,
        plant="""
            alter table public.workflows add column share_token text;
            drop policy "Admins can view all profiles" on public.profiles;
        """,
        keys=frozenset(
            {
                "public.workflows.share_token",
                "public.profiles policy Admins can view all profiles",
            }
        ),
        near_misses="""
            comment on table public.workflows is 'What a tenant lets run';
            create index workflows_created_by_idx on public.workflows (created_by);
        """,
    ),
)


PROJECT, DOMAIN = "aiasplatformproject0", "aiautomatedsystems.ca"


def _unwell(site: Site) -> None:
    site.answers["site"]["GET /api/healthz"]["json"] = {"ok": False, "database": "down"}


def _slow(site: Site) -> None:
    """Two answers of twenty."""
    site.answers["site"]["GET /api/healthz"]["seconds"] = [0.6, *9 * [0.0]]


def _indiscreet(site: Site) -> None:
    """A secret in a script, beside the key that is meant for browsers."""
    script = f'const key = "sb_publishable_aias", hook = "whsec_{"AIAS" * 8}"'
    site.answer("site", "GET", "/_next/main.js", text=script)


def _bouncing(site: Site) -> None:
    apis.e_mails(site, CLOCK, {"delivered": 94, "bounced": 4, "failed": 1, "sent": 40})


def _unverified(site: Site) -> None:
    apis.domains(site, {f"www.{DOMAIN}": "verified", DOMAIN: "temporary_failure"})


def _not_backed_up(site: Site) -> None:
    apis.backups(site, PROJECT, ago(hours=24, seconds=1), ago(hours=48))


SERVICE = (
    Fault(
        name="api_unwell",
        invariant="the_api_is_healthy",
        plant="",
        keys=frozenset({"site"}),
        site=_unwell,
    ),
    Fault(
        name="api_slow",
        invariant="responses_are_fast",
        plant="",
        keys=frozenset({"site"}),
        site=_slow,
    ),
    Fault(
        name="secret_in_a_script",
        invariant="no_secret_is_served_to_browsers",
        plant="",
        keys=frozenset({"\\/_next\\/main.js/Stripe webhook secret"}),
        site=_indiscreet,
    ),
    Fault(
        name="e_mails_bounce",
        invariant="e_mails_are_delivered",
        plant="",
        keys=frozenset({"e-mails"}),
        site=_bouncing,
    ),
    Fault(
        name="domain_not_verified",
        invariant="the_sending_domain_is_verified",
        plant="",
        keys=frozenset({DOMAIN}),
        site=_unverified,
    ),
    Fault(
        name="not_backed_up",
        invariant="a_backup_is_younger_than_a_day",
        plant="",
        keys=frozenset({PROJECT}),
        site=_not_backed_up,
    ),
)

FAULTS: tuple[Fault, ...] = (
    *SERVICE,
    *WORKFLOWS,
    *ERRORS,
    *SUBSCRIPTIONS,
    *STRIPE,
    *TENANTS,
    *USERS,
    *SCHEMA,
)
