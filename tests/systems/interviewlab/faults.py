"""
InterviewLab's faults: for each invariant, rows that break it beside rows that only look as if.

Each fault has users and packages of its own, so that all can be planted at once.
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from json import dumps

from trueup.sample import CLOCK
from trueup.sample.faults import Fault
from trueup.sample.planting import ago, keys, quietly, row, supabase_user, uid
from trueup.sample.site import Site
from trueup.sample.stripe.account import Account

COMPLETED = "checkout.session.completed"

BOUGHT = ago(days=20)
"""When a planted package was bought, unless told otherwise."""


def checkout(name: str) -> str:
    """The checkout session of the package of this name."""
    return f"cs_live_{uid(name).hex[:18]}"


def entitlement(name: str, owner: str, left: int | None, **changed: object) -> str:
    """A package of five interviews that its owner paid for."""
    values: dict[str, object] = {
        "id": uid(f"{name} package"),
        "user_id": uid(owner),
        "type": "interview_package",
        "status": "active",
        "created_at": BOUGHT,
        "expires_at": BOUGHT + timedelta(days=180),
        "remaining_interviews": left,
        "tier": "professional",
        "purchase_type": "one_time",
        "stripe_session_id": checkout(name),
        "currency": "AUD",
    }
    return row("public.entitlements", **values | changed)


def logged(
    name: str,
    package: str,
    action: str,
    balances: tuple[int | None, int],
    when: datetime = BOUGHT,
    *,
    owner: str = "",
) -> str:
    """A row of a package's history: what there was, and what there is."""
    before, after = balances
    return row(
        "public.entitlement_history",
        id=uid(name),
        user_id=uid(owner or package),
        entitlement_id=uid(f"{package} package"),
        action=action,
        previous_balance=before,
        new_balance=after,
        created_at=when,
    )


def history(
    name: str, balances: Sequence[int], owner: str = "", action: str = "purchase", day: float = 1
) -> str:
    """What a package had when it came, and after each interview, so many days apart."""
    statements = logged(f"{name} came", name, action, (0, balances[0]), owner=owner)
    for number, step in enumerate(pairwise(balances), start=1):
        when = BOUGHT + timedelta(days=number * day)
        statements += logged(f"{name} {number}", name, "consume", step, when, owner=owner)
    return statements


def package(name: str, left: int | None, balances: Sequence[int] = (5,), **changed: object) -> str:
    """A user with a package, and its history."""
    statements = supabase_user(name) + entitlement(name, name, left, **changed)
    return statements + (history(name, balances) if balances else "")


def gift(name: str, left: int | None, **changed: object) -> str:
    """A user with a package that nobody paid for; its history is told apart."""
    values: dict[str, object] = {"stripe_session_id": None, "purchase_type": "gift"}
    return package(name, left, (), **values | changed)


def session(name: str, owner: str, status: str, **changed: object) -> str:
    """A free session of two months ago."""
    values: dict[str, object] = {
        "id": uid(name),
        "user_id": uid(owner),
        "status": status,
        "created_at": ago(days=60),
        "updated_at": ago(days=60),
        "plan_tier": "free",
        "stages_planned": 1,
        "current_stage": 1,
        "last_activity": naive(days=60),
    }
    return row("public.sessions", **values | changed)


def turn(name: str, of: str, owner: str, **changed: object) -> str:
    """A turn of a session, answered."""
    values: dict[str, object] = {
        "id": uid(name),
        "session_id": uid(of),
        "user_id": uid(owner),
        "question": {"text": "Why here?"},
        "answer_text": "Because",
        "created_at": ago(days=60),
    }
    return row("public.turns", **values | changed)


def report(of: str, owner: str, **changed: object) -> str:
    """The report of a session."""
    values: dict[str, object] = {
        "id": uid(f"{of} report"),
        "session_id": uid(of),
        "user_id": uid(owner),
        "created_at": ago(days=60),
    }
    return row("public.reports", **values | changed)


def file(name: str, owner: str, bucket: str, size: int | None, /, **changed: object) -> str:
    """A file in the storage, below its owner's id."""
    values: dict[str, object] = {
        "id": uid(name),
        "bucket_id": bucket,
        "name": f"{uid(owner)}/{uid(name)}.pdf",
        "created_at": ago(days=9),
        "updated_at": ago(days=9),
        "last_accessed_at": ago(days=9),
        "metadata": None if size is None else {"size": size, "mimetype": "application/pdf"},
        "version": str(uid(f"{name} version")),
        "owner_id": str(uid(owner)),
    }
    return row("storage.objects", **values | changed)


def identity(owner: str, provider: str, **said: object) -> str:
    """How a user signs in."""
    return row(
        "auth.identities",
        id=uid(f"{owner} identity"),
        provider_id=uid(owner).hex,
        user_id=uid(owner),
        identity_data={"sub": uid(owner).hex, **said},
        provider=provider,
        created_at=ago(days=40),
        updated_at=ago(days=40),
    )


def naive(**spans: float) -> datetime:
    """So long before the sample's clock, as a column without a time zone has it."""
    return ago(**spans).replace(tzinfo=None)


def paid(
    account: Account, name: str, tier: str, when: datetime, *, user: str = "", **said: object
) -> None:
    """A checkout session in Stripe that was paid, and the event that tells of it."""
    payment = f"pi_{uid(name).hex[:18]}"
    whose = user or str(uid(name))
    given: dict[str, object] = {
        "amount_total": 3999,
        "currency": "aud",
        "payment_intent": payment,
        "metadata": {"user_id": whose, "tier": tier},
    }
    account.add("payment_intents", payment, when, amount=3999, currency="aud")
    one = account.add("checkout/sessions", checkout(name), when, **given | said)
    account.event(happened(name), COMPLETED, one, when + timedelta(seconds=5))


def happened(name: str) -> str:
    """The event that tells of the checkout of this name."""
    return f"evt_live_{uid(name).hex[:18]}"


USERS = (
    Fault(
        name="users_unconfirmed",
        invariant="every_user_confirms_within_a_day",
        # Of these only the second is vouched for by whoever signed them in.
        plant=quietly(
            supabase_user(
                "unsure 1", email_confirmed_at=None, created_at=ago(days=1, microseconds=1)
            ),
            identity("unsure 1", "email", email="unsure.1@example.com", email_verified=True),
            supabase_user("unsure 2", email_confirmed_at=None, created_at=ago(days=40)),
            identity("unsure 2", "google", email="Unsure.2@example.com", email_verified=True),
            supabase_user("unsure 3", email_confirmed_at=None, created_at=ago(days=40)),
            identity("unsure 3", "google", email="another@example.com", email_verified=True),
            supabase_user("unsure 4", email_confirmed_at=None, created_at=ago(days=40)),
            identity("unsure 4", "github", email="unsure.4@example.com", email_verified=False),
            supabase_user("unsure 5", email_confirmed_at=None, created_at=None),
        ),
        keys=keys("unsure 1", "unsure 2", "unsure 3", "unsure 4", "unsure 5"),
        near_misses=quietly(
            supabase_user("sure 1", email_confirmed_at=None, created_at=ago(days=1)),
            supabase_user("sure 2", email_confirmed_at=None, deleted_at=ago(days=3)),
            supabase_user("sure 3", email_confirmed_at=None, is_anonymous=True, email=None),
            supabase_user("sure 4", email_confirmed_at=None, invited_at=ago(days=30)),
            supabase_user(
                "sure 5", email_confirmed_at=None, phone="15550100", phone_confirmed_at=ago(days=30)
            ),
        ),
    ),
)

APART = "every_balance_equals_its_last_history_row"

CHAIN = "every_history_row_continues_the_last"

ENTITLEMENTS = (
    Fault(
        name="entitlements_of_nobodys_making",
        invariant="every_entitlement_was_paid_or_logged",
        # The second used one, which the site logged; the third closed theirs by themselves.
        plant=quietly(
            gift("thief 1", 1998, tier=None),
            gift("thief 2", 2),
            logged("thief 2 used", "thief 2", "consume", (3, 2), ago(days=5)),
            gift("thief 3", 0, status="consumed"),
        ),
        keys=keys("thief 1 package", "thief 2 package", "thief 3 package"),
        near_misses=quietly(
            gift("no thief 1", 3),
            logged("no thief 1 came", "no thief 1", "grant", (None, 3)),
            gift("no thief 2", 0, status="expired"),
            logged("no thief 2 end", "no thief 2", "expire", (0, 0), ago(days=5)),
            package("no thief 3", 5),
            package("no thief 4", 5, ()),
        ),
        also={CHAIN: keys("thief 2 used"), APART: keys("no thief 4 package")},
    ),
    Fault(
        name="consumption_not_logged",
        invariant=APART,
        # The third has more than its history says, and the fourth has none at all: no consumption.
        plant=quietly(
            package("apart 1", 3),
            session(
                "apart 1 first",
                "apart 1",
                "feedback",
                plan_tier="paid",
                entitlement_id=uid("apart 1 package"),
                created_at=ago(days=12),
            ),
            session(
                "apart 1 second",
                "apart 1",
                "feedback",
                plan_tier="paid",
                entitlement_id=uid("apart 1 package"),
                created_at=ago(days=25),
            ),
            package("apart 2", None, (5, 4)),
            package("apart 3", 9, (5, 4)),
            package("apart 4", 5, ()),
        ),
        keys=keys("apart 1 package", "apart 2 package", "apart 3 package", "apart 4 package"),
        also={"no_spent_or_expired_entitlement_stays_active": keys("apart 2 package")},
        near_misses=quietly(
            package("agreed 1", 3, (5, 4, 3)),
            package("agreed 2", 4, ()),
            history("agreed 2", (5, 4), day=0),
            package("agreed 3", None, (5, 4, 3, 2, 1, 0), status="consumed"),
            package("agreed 4", 6, (5, 4)),
            logged("agreed 4 more", "agreed 4", "expire", (4, 6), ago(days=3)),
        ),
    ),
    Fault(
        name="history_broken_off",
        invariant=CHAIN,
        plant=quietly(
            package("gap", 2, ()),
            history("gap", (5,)),
            logged("gap used", "gap", "consume", (3, 2), ago(days=9)),
            package("raced", 4, (5, 4)),
            logged("raced again", "raced", "consume", (5, 4), ago(days=3)),
            package("blank", 4, (5,)),
            logged("blank used", "blank", "consume", (None, 4), ago(days=3)),
            gift("from nowhere", 2),
            logged("from nowhere came", "from nowhere", "grant", (1, 2)),
        ),
        keys=keys("gap used", "raced again", "blank used", "from nowhere came"),
        near_misses=quietly(
            gift("unbroken", 8),
            logged("unbroken came", "unbroken", "grant", (None, 3)),
            logged("unbroken more", "unbroken", "grant", (3, 8), ago(days=3)),
            gift("emptied", 0, status="consumed"),
            logged("emptied came", "emptied", "grant", (0, 0)),
            logged("emptied end", "emptied", "expire", (None, 0), ago(days=3)),
        ),
    ),
    Fault(
        name="balances_below_zero",
        invariant="no_balance_is_negative",
        # The second was closed already, and nobody logged its last two.
        plant=quietly(
            package("below 1", -1, (5, 4, 3, 2, 1, 0, -1)),
            package("below 2", -2, (5, 4, 3, 2, 1, 0), status="consumed"),
            package("below 3", -1, (5, 4, 3, 2, 1, 0, -1), type="subscription"),
        ),
        keys=keys("below 1 package", "below 2 package", "below 3 package"),
        also={APART: keys("below 2 package")},
        near_misses=quietly(
            package("not below 1", 0, (5, 4, 3, 2, 1, 0), status="consumed"),
            package("not below 2", 1, (5, 4, 3, 2, 1)),
        ),
    ),
    Fault(
        name="entitlements_left_open",
        invariant="no_spent_or_expired_entitlement_stays_active",
        plant=quietly(
            package("open 1", 0, (5, 4, 3, 2, 1, 0)),
            package("open 2", 5, expires_at=ago(microseconds=1)),
            package("open 3", 0, (0,), type="subscription", tier=None, expires_at=ago(days=1)),
            gift("open 4", None),
            logged("open 4 came", "open 4", "grant", (0, 0)),
        ),
        keys=keys("open 1 package", "open 2 package", "open 3 package", "open 4 package"),
        near_misses=quietly(
            package("shut 1", 5, expires_at=CLOCK),
            package("shut 2", 0, (0,), type="subscription", tier=None, expires_at=ago(days=-9)),
            package("shut 3", 0, (5, 4, 3, 2, 1, 0), status="consumed"),
            package("shut 4", 5, status="expired", expires_at=ago(days=1)),
            package("shut 5", 5, expires_at=None),
        ),
    ),
    Fault(
        name="users_write_entitlements",
        invariant="users_cannot_write_entitlements",
        plant="""
            create policy "Users can insert own entitlements" on public.entitlements for insert
                with check (auth.uid() = user_id);
            create policy "Users can update own entitlements" on public.entitlements for update
                using (auth.uid() = user_id);
            create policy "Users tidy up" on public.entitlement_history for delete
                to authenticated using (auth.uid() = user_id);
            create policy "Own or served" on public.entitlement_history for all
                to authenticated using (auth.uid() = user_id or auth.role() = 'service_role');
            create policy "Own but nothing new" on public.entitlements for all
                to authenticated using (auth.uid() = user_id) with check (false);
        """,
        keys=frozenset(
            {
                "public.entitlements.Users can insert own entitlements",
                "public.entitlements.Users can update own entitlements",
                "public.entitlement_history.Users tidy up",
                "public.entitlement_history.Own or served",
                "public.entitlements.Own but nothing new",
            }
        ),
        near_misses="""
            create policy "Only while served" on public.entitlements as restrictive for update
                using (auth.uid() = user_id);
            create policy "Service may grant" on public.entitlements for insert to service_role
                with check (auth.uid() = user_id);
            create policy "Nobody deletes" on public.entitlements for delete using (false);
            create policy "Service may mend" on public.entitlements for update
                using (auth.role() = 'service_role');
            create policy "Own once more" on public.entitlements for select to authenticated
                using (auth.uid() = user_id);
            create policy "Users may plan" on public.sessions for update to authenticated
                using (auth.uid() = user_id);
        """,
        also={
            "the_schema_is_the_one_we_recorded": frozenset(
                {
                    "public.entitlements policy Users can insert own entitlements",
                    "public.entitlements policy Users can update own entitlements",
                    "public.entitlement_history policy Users tidy up",
                    "public.entitlement_history policy Own or served",
                    "public.entitlements policy Own but nothing new",
                    "public.entitlements policy Only while served",
                    "public.entitlements policy Service may grant",
                    "public.entitlements policy Nobody deletes",
                    "public.entitlements policy Service may mend",
                    "public.entitlements policy Own once more",
                    "public.sessions policy Users may plan",
                }
            )
        },
    ),
)

SESSIONS = (
    Fault(
        name="paid_sessions_of_no_package",
        invariant="every_paid_session_has_its_entitlement",
        plant=quietly(
            package("lender", 5),
            supabase_user("borrower"),
            session("unpaid 1", "borrower", "ready", plan_tier="paid"),
            session(
                "unpaid 2",
                "borrower",
                "ready",
                plan_tier="paid",
                entitlement_id=uid("lender package"),
            ),
        ),
        keys=keys("unpaid 1", "unpaid 2"),
        near_misses=quietly(
            session("paid 1", "borrower", "ready"),
            session(
                "paid 2",
                "lender",
                "ready",
                plan_tier="paid",
                entitlement_id=uid("lender package"),
            ),
        ),
    ),
    Fault(
        name="sessions_past_their_stages",
        invariant="no_session_is_past_its_stages",
        plant=quietly(
            supabase_user("eager"),
            session("past 1", "eager", "ready", current_stage=2),
            session("past 2", "eager", "feedback", stages_planned=3, current_stage=4),
            session("past 3", "eager", "ready", stages_planned=None, current_stage=2),
        ),
        keys=keys("past 1", "past 2", "past 3"),
        near_misses=quietly(
            session("within 1", "eager", "ready", stages_planned=3, current_stage=3),
            session("within 2", "eager", "ready", current_stage=None),
            session("within 3", "eager", "ready", stages_planned=None),
        ),
    ),
    Fault(
        name="sessions_abandoned",
        invariant="no_running_session_is_idle_for_two_hours",
        # The first answered, the second only heard a question, the third nothing at all.
        plant=quietly(
            supabase_user("gone"),
            session("idle 1", "gone", "running", last_activity=naive(hours=2, microseconds=1)),
            turn("idle 1 turn", "idle 1", "gone"),
            session("idle 2", "gone", "running", last_activity=naive(days=3)),
            turn("idle 2 turn", "idle 2", "gone", answer_text=None),
            session("idle 3", "gone", "running", last_activity=None, created_at=ago(days=10)),
            session("idle 4", "gone", "running", last_activity=None, created_at=None),
        ),
        keys=keys("idle 1", "idle 2", "idle 3", "idle 4"),
        near_misses=quietly(
            supabase_user("thinking"),
            session("busy 1", "thinking", "running", last_activity=naive(hours=2)),
            session("busy 2", "thinking", "ready"),
            session("busy 3", "thinking", "feedback"),
            session("busy 4", "thinking", "running", last_activity=None, created_at=ago(hours=1)),
        ),
    ),
    Fault(
        name="turns_of_others",
        invariant="every_turn_belongs_to_its_sessions_user",
        plant=quietly(
            supabase_user("host"),
            supabase_user("guest"),
            session("visited", "host", "feedback"),
            turn("visited 1", "visited", "guest"),
        ),
        keys=keys("visited 1"),
        near_misses=quietly(turn("visited 2", "visited", "host")),
    ),
    Fault(
        name="interviews_given_up",
        invariant="interviews_are_completed",
        plant=quietly(
            supabase_user("bored"),
            *(
                session(f"bored {number}", "bored", "feedback", created_at=ago(hours=5 + number))
                for number in range(60)
            ),
        ),
        keys=frozenset({"last_week"}),
        near_misses=quietly(
            supabase_user("patient"),
            *(
                session(f"{status} {when} {number}", "patient", status, created_at=when)
                for status, when in (
                    ("feedback", ago(days=7, microseconds=1)),
                    ("feedback", CLOCK),
                    ("ready", ago(days=2)),
                )
                for number in range(60)
            ),
        ),
    ),
    Fault(
        name="reports_missing",
        invariant="every_complete_session_has_its_report",
        plant=quietly(
            supabase_user("waiting"),
            session(
                "waiting 1", "waiting", "complete", last_activity=naive(hours=1, microseconds=1)
            ),
            session("waiting 2", "waiting", "complete"),
            report("waiting 2", "waiting"),
            session("waiting 3", "waiting", "complete"),
            report("waiting 3", "waiting", pdf_key="gone.pdf", feedback={"score": 70}),
            session("waiting 4", "waiting", "complete", last_activity=None, created_at=None),
        ),
        keys=keys("waiting 1", "waiting 2", "waiting 3", "waiting 4"),
        near_misses=quietly(
            supabase_user("served"),
            session("served 1", "served", "complete", last_activity=naive(hours=1)),
            session("served 2", "served", "complete"),
            report("served 2", "served", feedback={"score": 70}),
            session("served 3", "served", "complete"),
            report("served 3", "served", pdf_key=f"{uid('served')}/{uid('served file')}.pdf"),
            file("served file", "served", "reports", 40000),
            session("served 4", "served", "feedback"),
        ),
    ),
)

STORAGE = (
    Fault(
        name="files_left_behind",
        invariant="every_stored_file_belongs_to_a_user",
        plant=quietly(
            file("left 1", "left nobody", "uploads", 60000),
            file("left 2", "left nobody", "audio", 60000, owner_id=None),
            file("left 3", "left nobody", "reports", 60000, owner_id="service"),
        ),
        keys=keys("left 1", "left 2", "left 3"),
        near_misses=quietly(
            supabase_user("kept", deleted_at=ago(days=2)),
            file("kept 1", "kept", "uploads", 60000),
            file("kept 2", "kept", "uploads", 60000, owner_id=str(uid("kept")).upper()),
            file("kept 3", "kept", "uploads", 60000, owner_id=None, owner=uid("kept")),
            file(
                "kept 4",
                "left nobody",
                "uploads",
                0,
                owner_id=None,
                name=f"{uid('left nobody')}/.emptyFolderPlaceholder",
            ),
        ),
    ),
    Fault(
        name="uploads_too_large",
        invariant="no_upload_exceeds_five_megabytes",
        plant=quietly(
            supabase_user("hoarder"), file("large", "hoarder", "uploads", 5 * 1024 * 1024 + 1)
        ),
        keys=keys("large"),
        near_misses=quietly(
            supabase_user("tidy"),
            file("not large 1", "tidy", "uploads", 5 * 1024 * 1024),
            file("not large 2", "tidy", "audio", 9_000_000),
            file("not large 3", "tidy", "uploads", None),
        ),
    ),
    Fault(
        name="buckets_without_limit",
        invariant="every_bucket_limits_its_files",
        plant="""
            update storage.buckets set file_size_limit = null where id = 'audio';
            update storage.buckets set file_size_limit = 5242881 where id = 'uploads';
            insert into storage.buckets (id, name) values ('exports', 'exports');
        """,
        keys=frozenset({"audio", "uploads", "exports"}),
        near_misses="""
            update storage.buckets set file_size_limit = 1048576 where id = 'reports';
            insert into storage.buckets (id, name, file_size_limit)
            values ('imports', 'imports', 50000000);
        """,
    ),
    Fault(
        name="buckets_without_policies",
        invariant="every_bucket_has_its_policies",
        plant="""
            drop policy "Users can read their own reports" on storage.objects;
            alter policy "Users can upload their own files" on storage.objects
                with check (bucket_id = 'cvs' and (auth.uid())::text = path_tokens[1]);
        """,
        keys=frozenset({"reports/select", "uploads/insert"}),
        near_misses="""
            drop policy "Users can hear their own answers" on storage.objects;
            create policy "Users can hear them" on storage.objects for select to authenticated
                using (bucket_id in ('audio', 'video') and owner_id = (auth.uid())::text);
        """,
    ),
)


def _ungranted(account: Account) -> None:
    paid(account, "lost 1", "starter", ago(minutes=16))
    paid(account, "lost 2", "elite", BOUGHT)
    paid(account, "lost 3", "starter", ago(days=2), user=str(uid("lost nobody")))
    paid(account, "lost 4", "starter", ago(days=2), currency="eur")
    paid(account, "lost 5", "starter", BOUGHT)
    paid(account, "lost 6", "platinum", ago(days=2))
    paid(account, "found 1", "starter", ago(minutes=14))
    paid(account, "found 2", "starter", ago(days=2), payment_status="unpaid")
    paid(account, "found 3", "starter", ago(days=2), metadata={"poster": "1"})
    paid(account, "found 4", "starter", ago(days=2))
    account.add(
        "refunds",
        f"re_{uid('found 4').hex[:18]}",
        ago(days=1),
        amount=3999,
        payment_intent=f"pi_{uid('found 4').hex[:18]}",
    )


def _undelivered(account: Account) -> None:
    paid(account, "unheard 1", "elite", ago(days=2))
    account.undelivered |= {
        happened("unheard 1"),
        f"evt_{checkout('unheard 2').removeprefix('cs_')}",
        f"evt_{checkout('heard 1').removeprefix('cs_')}",
        "evt_of_another_kind",
    }
    about = {"id": "cus_heard", "object": "customer"}
    account.event("evt_of_another_kind", "customer.created", about, ago(days=2))


def _refusing(account: Account) -> None:
    declined = {"code": "card_declined", "type": "card_error"}
    for number in range(60):
        said = (
            {"status": "succeeded"}
            if number % 3
            else {"status": "requires_payment_method", "last_payment_error": declined}
        )
        when = ago(hours=2, minutes=number)
        account.add("payment_intents", f"pi_refused_{number}", when, amount=2699, **said)
        begun = {"status": "requires_confirmation"}
        account.add("payment_intents", f"pi_begun_{number}", when, amount=2699, **begun)
        long_ago = {"status": "requires_payment_method", "last_payment_error": declined}
        account.add("payment_intents", f"pi_old_{number}", ago(days=2), amount=2699, **long_ago)


def _deaf(account: Account) -> None:
    account.objects["webhook_endpoints"]["we_interviewlab"]["status"] = "disabled"


def _silent(account: Account) -> None:
    since = int(ago(days=1).timestamp())
    recent = [one["id"] for one in account.objects["events"].values() if one["created"] >= since]
    account.remove("events", recent)
    about = {"id": "cus_quiet", "object": "customer"}
    account.event("evt_quiet", "customer.created", about, ago(hours=1))


UNGRANTED = "every_paid_checkout_granted_its_interviews"

PAYMENTS = (
    Fault(
        name="checkouts_not_granted",
        invariant=UNGRANTED,
        # Nothing came of the first, half of the second; what comes of the others, a person says.
        plant=quietly(
            supabase_user("lost 1"),
            package("lost 2", 3, (5, 4, 3)),
            supabase_user("lost 4"),
            package("lost 5", 5),
            supabase_user("lost 6"),
        ),
        keys=frozenset(checkout(f"lost {number}") for number in range(1, 7)),
        near_misses=quietly(*(supabase_user(f"found {number}") for number in range(1, 5))),
        stripe=_ungranted,
    ),
    Fault(
        name="checkouts_granted_again",
        invariant="each_checkout_granted_once",
        # The third has another user's session in a row of their own making.
        plant=quietly(
            package("twice", 4, (5, 4)),
            entitlement("twice again", "twice", 5, stripe_session_id=checkout("twice")),
            history("twice again", (5,), "twice"),
            package("thrice", 5),
            entitlement("thrice again", "thrice", 3, stripe_session_id=checkout("thrice")),
            history("thrice again", (5, 4, 3), "thrice"),
            entitlement(
                "thrice first",
                "thrice",
                5,
                stripe_session_id=checkout("thrice"),
                created_at=BOUGHT - timedelta(days=1),
            ),
            package("robbed", 5),
            supabase_user("robber"),
            entitlement("robber", "robber", 5, stripe_session_id=checkout("robbed")),
        ),
        keys=frozenset({checkout("twice"), checkout("thrice"), checkout("robbed")}),
        near_misses=quietly(
            package("once 1", 5),
            package("once 2", 5),
            gift("once 3", 3),
            logged("once 3 came", "once 3", "grant", (None, 3)),
        ),
        also={APART: keys("thrice first package", "robber package")},
    ),
    Fault(
        name="deliveries_failed",
        invariant="no_webhook_delivery_has_failed_for_an_hour",
        plant=quietly(supabase_user("unheard 1")),
        keys=frozenset({happened("unheard 1")}),
        # The last was granted meanwhile: to deliver it again would grant it again.
        near_misses=quietly(
            supabase_user("heard 1"),
            entitlement("heard 1", "heard 1", 5, created_at=ago(minutes=59)),
            logged("heard 1 came", "heard 1", "purchase", (0, 5), ago(minutes=59)),
            package("unheard 2", 5),
        ),
        also={UNGRANTED: frozenset({checkout("unheard 1")})},
        stripe=_undelivered,
    ),
    Fault(
        name="webhook_endpoint_disabled",
        invariant="the_webhook_endpoint_is_enabled",
        plant="",
        keys=frozenset({"we_interviewlab"}),
        stripe=_deaf,
    ),
    Fault(
        name="payments_refused",
        invariant="payments_succeed",
        plant="",
        keys=frozenset({"payments"}),
        stripe=_refusing,
    ),
    Fault(
        name="no_event_for_a_day",
        invariant="stripe_answers_with_recent_events",
        plant="",
        keys=frozenset({"events"}),
        stripe=_silent,
    ),
)


def token(role: str) -> str:
    """A token of a Supabase project for this role, as it would be signed."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"iss": "supabase", "role": role})
    header, payload = (urlsafe_b64encode(dumps(part).encode()).decode() for part in parts)
    return f"{header}.{payload}.signature-of-nobody".replace("=", "")


def _down(site: Site) -> None:
    # The framework's page of errors loads the site's scripts as any other does.
    site.answers["site"]["GET /"]["status"] = 500


def _broken(site: Site) -> None:
    site.answer("site", "GET", "/api/user/entitlements", status=404, text="Not found")


def _paused(site: Site) -> None:
    paused = {"message": "The project is paused"}
    site.answer("supabase", "GET", "/rest/v1/", status=540, json=paused)


def _leaking(site: Site) -> None:
    # What browsers need is no secret: the key for anybody, and Stripe's publishable one.
    public = f'const anon = "{token("anon")}"; const stripe = "pk_live_{"0" * 24}";'
    leaked = f'{public} const admin = "{token("service_role")}"; const pay = "rk_live_{"0" * 24}";'
    site.answer("site", "GET", "/_next/static/vendor.js", text=public)
    site.answer("site", "GET", "/_next/static/app.js", text=leaked)


SITE = (
    Fault(
        name="site_down",
        invariant="the_site_is_up",
        plant="",
        keys=frozenset({r"\/"}),
        site=_down,
    ),
    Fault(
        name="api_gone",
        invariant="the_api_answers",
        plant="",
        keys=frozenset({r"\/api\/user\/entitlements"}),
        site=_broken,
    ),
    Fault(
        name="project_paused",
        invariant="the_data_api_answers",
        plant="",
        keys=frozenset({r"\/rest\/v1\/"}),
        site=_paused,
    ),
    Fault(
        name="secrets_served",
        invariant="no_secret_is_served_to_browsers",
        plant="",
        keys=frozenset(
            {
                r"\/_next\/static\/app.js/Stripe secret key",
                r"\/_next\/static\/app.js/Supabase service role key",
            }
        ),
        site=_leaking,
    ),
)

RECORDED = "the_schema_is_the_one_we_recorded"

SCHEMA = (
    Fault(
        name="row_level_security_off",
        invariant="every_table_in_public_has_row_level_security",
        plant="alter table public.documents disable row level security;",
        keys=frozenset({"public.documents"}),
        near_misses="""
            create schema private;
            create table private.notes (id integer primary key);
        """,
        also={
            RECORDED: frozenset({"public.documents row level security"}),
            "a_user_sees_only_their_own_rows": frozenset(
                {"documents/authenticated", "documents/anon"}
            ),
        },
    ),
    Fault(
        name="rows_shown_to_others",
        invariant="a_user_sees_only_their_own_rows",
        plant="""
            create policy "Reports can be shared" on public.reports for select to anon using (true);
            create policy "Recruiters listen" on storage.objects for select to authenticated
                using (bucket_id = 'audio');
            create policy "Members" on public.profiles for select to authenticated
                using (auth.uid() is not null);
        """,
        keys=frozenset({"reports/anon", "storage.objects/authenticated", "profiles/authenticated"}),
        near_misses="""
            create policy "Own again" on public.sessions for select to authenticated
                using (user_id = auth.uid());
            create policy "Nobody's" on public.turns for select using (false);
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.reports policy Reports can be shared",
                    "public.profiles policy Members",
                    "public.sessions policy Own again",
                    "public.turns policy Nobody's",
                }
            )
        },
    ),
    Fault(
        name="open_policies",
        invariant="no_policy_lets_everyone_write",
        plant="""
            create policy "Turns are shared" on public.turns
                for update to authenticated using (true);
            create policy "Anybody may move" on storage.objects
                for update to anon using (true);
        """,
        keys=frozenset({"public.turns.Turns are shared", "storage.objects.Anybody may move"}),
        near_misses="""
            create policy "Nothing more" on public.reports
                as restrictive for update using (true);
            create policy "Service may report" on public.reports
                for insert to service_role with check (true);
            create policy "Nobody plans" on public.profiles
                for insert to authenticated with check (false);
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.turns policy Turns are shared",
                    "public.reports policy Nothing more",
                    "public.reports policy Service may report",
                    "public.profiles policy Nobody plans",
                }
            )
        },
    ),
    Fault(
        name="recursive_policy",
        invariant="every_policy_can_be_evaluated",
        plant="""
            create policy "Candidates of one company" on public.sessions for select using (
                exists (
                    select from public.sessions mine
                    where mine.user_id = auth.uid() and mine.company = sessions.company
                )
            );
        """,
        # Whoever asks for turns asks their session's policy, and with it the one that recurs.
        keys=frozenset({"public.sessions"}),
        near_misses="""
            create policy "Only with a profile" on public.documents as restrictive for select
                using (exists (select from public.profiles p where p.user_id = auth.uid()));
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.sessions policy Candidates of one company",
                    "public.documents policy Only with a profile",
                }
            )
        },
    ),
    Fault(
        name="foreign_key_not_validated",
        invariant="every_foreign_key_is_validated",
        plant="""
            alter table public.documents
                drop constraint documents_user_id_fkey,
                add constraint documents_user_id_fkey foreign key (user_id)
                    references auth.users (id) on delete cascade not valid;
        """,
        keys=frozenset({"public.documents.documents_user_id_fkey"}),
        near_misses="""
            alter table public.sessions
                add constraint sessions_job_title_check check (job_title <> '') not valid;
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.documents constraint documents_user_id_fkey",
                    "public.sessions constraint sessions_job_title_check",
                }
            )
        },
    ),
    Fault(
        name="index_invalid",
        invariant="no_index_is_invalid",
        plant="""
            create index sessions_user_id_idx on public.sessions (user_id);
            update pg_index set indisvalid = false
            where indexrelid = 'public.sessions_user_id_idx'::regclass;
        """,
        keys=frozenset({"public.sessions_user_id_idx"}),
        near_misses="create index turns_session_id_idx on public.turns (session_id);",
    ),
    Fault(
        name="trigger_disabled",
        invariant="no_trigger_is_disabled",
        plant="alter table public.sessions disable trigger update_sessions_last_activity_trigger;",
        keys=frozenset({"public.sessions.update_sessions_last_activity_trigger"}),
        near_misses="""
            create trigger touch_turns before update of answer_text on public.turns
                for each row when (false)
                execute function public.update_sessions_last_activity();
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.sessions trigger update_sessions_last_activity_trigger",
                    "public.turns trigger touch_turns",
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
            where version in ('20250803112041', '20251009142211');
        """,
        keys=frozenset({"20250803112041", "20251009142211"}),
        near_misses="delete from auth.schema_migrations where version = '20171026211738';",
    ),
    Fault(
        name="migration_by_hand",
        invariant="every_migration_is_applied",
        plant="""
            insert into supabase_migrations.schema_migrations (version, name)
            values ('20261030154500', 'second_way_to_pay');
        """,
        keys=frozenset({"20261030154500"}),
        near_misses="""
            insert into auth.schema_migrations (version) values ('20261030154500');
        """,
    ),
    Fault(
        name="schema_drifted",
        invariant=RECORDED,
        plant="""
            alter table public.entitlements add column whop_membership_id text,
                drop constraint entitlements_tier_check;
            drop policy "Users can delete their own documents" on public.documents;
        """,
        keys=frozenset(
            {
                "public.entitlements.whop_membership_id",
                "public.entitlements constraint entitlements_tier_check",
                "public.documents policy Users can delete their own documents",
            }
        ),
        near_misses="""
            comment on table public.sessions is 'An interview';
            create index reports_user_id_idx on public.reports (user_id);
        """,
    ),
)

FAULTS: tuple[Fault, ...] = (
    *USERS,
    *ENTITLEMENTS,
    *SESSIONS,
    *STORAGE,
    *PAYMENTS,
    *SITE,
    *SCHEMA,
)
