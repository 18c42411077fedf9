"""
IELTS EQ's faults: for each invariant, rows that break it beside rows that only look as if.

Each fault has users, tests and payments of its own, so that all can be planted at once.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import md5
from typing import Any

from trueup import naive_utc
from trueup.library.stored import object_id
from trueup.sample.faults import Fault
from trueup.sample.planting import LONG_AGO, ago, keys, row, uid
from trueup.sample.site import Site, apis
from trueup.sample.stripe.account import Account

RECORDED = "the_schema_is_the_one_we_recorded"

CENTS = 50
"""What a credit costs."""

GIVEN: dict[str, object] = {"credits": 10, "reason": "checkout completed", "admin": "webhook"}

BUCKET = "recordings"


def before(**spans: float) -> datetime:
    """So long before the sample's clock, as Prisma's columns keep it."""
    return naive_utc(ago(**spans))


def user(name: str, /, **changed: object) -> str:
    """Somebody who signs in with Google, and has credits."""
    values: dict[str, object] = {
        "id": str(uid(name)),
        "email": f"{name.replace(' ', '.')}@example.com",
        "createdAt": naive_utc(LONG_AGO),
        "updatedAt": before(days=30),
        "lastActiveAt": before(days=2),
        "credits": 12,
    }
    return row("public.User", **values | changed)


def signed_in(name: str, owner: str, expires: datetime) -> str:
    """A session of this user."""
    return row(
        "public.Session",
        id=str(uid(name)),
        sessionToken=f"token-{uid(name)}",
        userId=str(uid(owner)),
        expires=expires,
    )


def attempts(owner: str, minutes: Iterable[float], **changed: object) -> str:
    """A wrong password for this account, so many minutes ago each."""
    return "".join(
        row(
            "public.LoginAttempt",
            **{
                "id": str(uid(f"{owner} attempt {minute}")),
                "email": f"{owner.replace(' ', '.')}@example.com",
                "userId": str(uid(owner)),
                "provider": "credentials",
                "success": False,
                "ip": "203.0.113.9",
                "createdAt": before(minutes=minute),
            }
            | changed,
        )
        for minute in minutes
    )


def exam(name: str, owner: str, status: str, begun: datetime, **changed: object) -> str:
    """A test of this user."""
    values: dict[str, object] = {
        "id": str(uid(name)),
        "userId": str(uid(owner)),
        "date": begun,
        "status": status,
    }
    return row("public.TestSession", **values | changed)


def answer(name: str, test: str, spoken: datetime, **changed: object) -> str:
    """An answer in this test, recorded and analysed unless told otherwise."""
    values: dict[str, object] = {
        "id": str(uid(name)),
        "sessionId": str(uid(test)),
        "questionId": QUESTION,
        "audioUrl": RECORDED_ONCE,
        "transcript": "I agree.",
        "feedback": "Say more.",
        "score": 6.5,
        "createdAt": spoken,
    }
    return row("public.Response", **values | changed)


def subscription(name: str, status: str, ends: datetime | None) -> str:
    """A user and their subscription."""
    return user(name) + row(
        "public.Subscription",
        id=str(uid(f"{name} subscription")),
        userId=str(uid(name)),
        status=status,
        planId="monthly",
        amount=9.99,
        startDate=before(days=40),
        endDate=ends,
        createdAt=before(days=40),
        updatedAt=before(days=40),
    )


def credited(name: str, owner: str, said: dict[str, object] | None, **changed: object) -> str:
    """An event about credits of this user."""
    values: dict[str, object] = {
        "id": str(uid(name)),
        "userId": str(uid(owner)),
        "type": "MANUAL_CREDIT_ADDED",
        "metadata": said,
        "createdAt": before(days=2),
    }
    return row("public.AnalyticsEvent", **values | changed)


def verification(token: str, expires: datetime) -> str:
    """A token that verifies an e-mail."""
    identifier = f"{token.replace(' ', '.')}@example.com"
    return row("public.VerificationToken", identifier=identifier, token=token, expires=expires)


def reset(name: str, expires: datetime) -> str:
    """A token that resets a password."""
    return row(
        "public.PasswordResetToken",
        id=str(uid(name)),
        email=f"{name.replace(' ', '.')}@example.com",
        token=f"token-{uid(name)}",
        expires=expires,
        createdAt=expires,
    )


def checkout(name: str) -> str:
    """Stripe's id for the checkout session of this name."""
    return f"cs_{uid(name).hex[:18]}"


def payment(name: str) -> str:
    """Stripe's id for what was paid in that session."""
    return f"pi_{uid(name).hex[:18]}"


BY_BANK = ("back 3", "kept 1")


def refund(name: str) -> str:
    """Stripe's id for the refund of that payment; one that came from a bank begins otherwise."""
    return f"{'pyr' if name in BY_BANK else 're'}_{uid(name).hex[:18]}"


def bought(owner: str, name: str) -> str:
    """Ten credits, which this user paid for in the session of this name, and has."""
    said = {**GIVEN, "session": checkout(name), "payment": payment(name)}
    return credited(f"{name} bought", owner, said)


def sell(account: Account, owner: str, name: str, at: datetime, **said: Any) -> None:
    """Let a user pay for ten credits in Stripe."""
    given = {
        "amount_total": 10 * CENTS,
        "metadata": {"userId": str(uid(owner)), "credits": "10"},
        "payment_intent": payment(name),
        "customer": f"cus_{uid(owner).hex[:18]}",
        **said,
    }
    account.add("checkout/sessions", checkout(name), at, **given)


def give_back(account: Account, name: str, at: datetime, **said: Any) -> None:
    """Refund what was paid in the session of this name, all of it unless told otherwise."""
    given = {"amount": 10 * CENTS, "payment_intent": payment(name), "charge": None, **said}
    account.add("refunds", refund(name), at, **given)


def _paid_for_nothing(account: Account) -> None:
    sell(account, "payer 1", "lost 1", ago(minutes=15))
    sell(account, "payer 1", "lost 2", ago(days=29))
    sell(account, "payer 2", "part", ago(days=2))
    sell(account, "payer 3", "twice", ago(days=2))
    sell(account, "payer 1", "nobodys", ago(days=2), metadata={"credits": "10"})
    sell(account, "payer 1", "odd", ago(days=2), metadata={"credits": "many"})
    sell(account, "payer 4", "added", ago(days=2))
    sell(account, "payer 5", "corrected", ago(days=2))
    sell(account, "payer who left", "left", ago(days=2))
    sell(account, "payer 4", "young", ago(minutes=14, seconds=59))
    sell(account, "payer 4", "unpaid", ago(days=2), payment_status="unpaid")
    sell(account, "payer 4", "poster", ago(days=2), metadata={"poster": "1"})
    sell(account, "payer 4", "returned", ago(days=2))
    give_back(account, "returned", ago(days=1))


def _given_back(account: Account) -> None:
    give_back(account, "back 1", ago(minutes=15))
    give_back(account, "back 2", ago(days=1), amount=4 * CENTS)
    give_back(account, "back 3", ago(days=1))
    give_back(account, "back 4", ago(days=1), amount=1)
    give_back(account, "back 5", ago(days=1))
    give_back(account, "kept 1", ago(days=1))
    give_back(account, "kept 2", ago(minutes=14, seconds=59))
    give_back(account, "kept 3", ago(days=1), status="failed")
    give_back(account, "of something else", ago(days=1))


def _undelivered(account: Account) -> None:
    for number, name, when in (
        ("evt_late_1", "late 1", ago(hours=1)),
        ("evt_late_2", "late 2", ago(days=29)),
        ("evt_nearly_late", "late 2", ago(minutes=59, seconds=59)),
    ):
        about = account.objects["checkout/sessions"][checkout(name)]
        account.event(number, "checkout.session.completed", about, when, pending_webhooks=1)
        account.undelivered.add(number)


def _deaf(account: Account) -> None:
    account.objects["webhook_endpoints"]["we_ielts_eq"]["status"] = "disabled"


def migration(name: str, of: str, **changed: object) -> str:
    """A migration that was applied, unless told otherwise."""
    values: dict[str, object] = {
        "id": str(uid(name)),
        "checksum": md5(of.encode(), usedforsecurity=False).hexdigest() * 2,
        "migration_name": of,
        "started_at": ago(days=3),
        "finished_at": ago(days=3),
        "applied_steps_count": 1,
    }
    return row("public._prisma_migrations", **values | changed)


def cuid(name: str) -> str:
    """The id of a sound row of this name."""
    return "c" + md5(name.encode(), usedforsecurity=False).hexdigest()[:24]


def key(owner: str, name: str) -> str:
    """What this user's recording of this name is called in the bucket."""
    return f"user-{uid(owner)}/{uid(name)}.webm"


def virtual(path: str) -> str:
    """The URL of an object, with the bucket in the host, as the application writes it."""
    return f"https://{BUCKET}.s3.us-east-1.amazonaws.com/{path}"


# A recording that is there, for answers that are about something else.
RECORDED_ONCE = virtual(f"user-{cuid('user-8')}/{cuid('test-1')}/part-1.webm")

QUESTION = cuid("question-1")

PLATFORM = (
    Fault(
        name="failed_migrations",
        invariant="no_migration_has_failed",
        plant=migration(
            "failed",
            "20260302094500_block_users",
            finished_at=None,
            logs="A migration failed to apply. Database error code: 42701",
            started_at=ago(minutes=1),
            applied_steps_count=0,
        )
        + migration(
            "died",
            "20260302094500_block_users",
            finished_at=None,
            started_at=ago(minutes=10, seconds=1),
            applied_steps_count=0,
        ),
        keys=keys("failed", "died"),
        near_misses=migration(
            "running",
            "20260302094500_block_users",
            finished_at=None,
            started_at=ago(minutes=10),
            applied_steps_count=0,
        )
        + migration(
            "rolled back",
            "20260302094500_block_users",
            finished_at=None,
            rolled_back_at=ago(days=2),
            logs="A migration failed to apply. Database error code: 42701",
        ),
    ),
    Fault(
        name="unapplied_migrations",
        invariant="every_migration_is_applied",
        plant="update public._prisma_migrations set rolled_back_at = finished_at"
        " where migration_name = '20251029141205_question_usage';\n"
        + migration("by hand", "20261101101010_by_hand"),
        keys=frozenset({"20251029141205_question_usage", "20261101101010_by_hand"}),
        near_misses=migration(
            "given up",
            "20261101090909_given_up",
            finished_at=None,
            rolled_back_at=ago(days=2),
        )
        + migration("again", "20251018101530_init", rolled_back_at=ago(days=2)),
    ),
    Fault(
        name="changed_by_hand",
        invariant=RECORDED,
        plant='alter table public."Flashcard" add column difficulty integer;',
        keys=frozenset({"public.Flashcard.difficulty"}),
        near_misses="""
            create index "Flashcard_word_idx" on public."Flashcard" (word);
            comment on table public."Flashcard" is 'what is to be learnt';
        """,
    ),
    Fault(
        name="key_not_validated",
        invariant="every_foreign_key_is_validated",
        plant="""
            alter table public."QuestionUsage"
                drop constraint "QuestionUsage_questionId_fkey",
                add constraint "QuestionUsage_questionId_fkey" foreign key ("questionId")
                    references public."Question" (id) on delete cascade on update cascade not valid;
        """,
        keys=frozenset({"public.QuestionUsage.QuestionUsage_questionId_fkey"}),
        near_misses="""
            alter table public."Question"
                add constraint "Question_part_check" check (part between 1 and 3) not valid;
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.QuestionUsage constraint QuestionUsage_questionId_fkey",
                    "public.Question constraint Question_part_check",
                }
            )
        },
    ),
    Fault(
        name="index_invalid",
        invariant="no_index_is_invalid",
        plant="""
            create index "TestSession_date_idx" on public."TestSession" (date);
            update pg_index set indisvalid = false
            where indexrelid = 'public."TestSession_date_idx"'::regclass;
        """,
        keys=frozenset({"public.TestSession_date_idx"}),
        near_misses='create index "TestSession_userId_idx" on public."TestSession" ("userId");',
    ),
    Fault(
        name="keys_asleep",
        invariant="no_trigger_is_disabled",
        plant='alter table public."BlogPostTag" disable trigger all;',
        keys=frozenset(
            {
                "public.BlogPostTag.BlogPostTag_postId_fkey",
                "public.BlogPostTag.BlogPostTag_tagId_fkey",
            }
        ),
        near_misses="""
            create function public.touch() returns trigger language plpgsql as
                'begin return new; end';
            create trigger touch_cards before update of word on public."Flashcard"
                for each row execute function public.touch();
        """,
        also={RECORDED: frozenset({"public.Flashcard trigger touch_cards"})},
    ),
)

WITHOUT_BAND: tuple[dict[str, object], ...] = (
    {"score": 6.5},
    {"completedAt": before(days=2)},
    {"completedAt": before(days=3), "score": 6.3},
    {"completedAt": before(days=4), "score": 9.5},
    {"completedAt": before(days=5), "score": -0.5},
    {"score": 7},
    {"completedAt": before(days=7), "score": float("nan")},
)

UNEXPLAINED: tuple[dict[str, object] | None, ...] = (
    None,
    {"credits": 5, "reason": "an outage"},
    {"credits": 5, "admin": "an admin", "reason": " "},
    {"credits": "five", "admin": "an admin", "reason": "an outage"},
    {"admin": "an admin", "reason": "an outage"},
)

CORRECTED: tuple[dict[str, object], ...] = (
    {"session": checkout("corrected")},
    {"session": checkout("corrected")},
    {"session": checkout("corrected"), "credits": -10},
)

TESTS = (
    Fault(
        name="tests_without_band",
        invariant="every_completed_test_has_a_score",
        plant=user("bandless")
        + "".join(
            exam(f"bandless {number}", "bandless", "COMPLETED", before(days=number), **said)
            for number, said in enumerate(WITHOUT_BAND, start=1)
        )
        + answer("bandless answer", "bandless 1", before(hours=23)),
        keys=keys(*(f"bandless {number}" for number in range(1, 8))),
        near_misses=user("banded")
        + "".join(
            exam(
                f"banded {score}",
                "banded",
                "COMPLETED",
                before(days=3),
                score=score,
                completedAt=before(days=3),
            )
            for score in (0, 0.5, 9)
        )
        + exam("banded open", "banded", "IN_PROGRESS", before(hours=2))
        + exam("banded given up", "banded", "ABANDONED", before(days=3)),
    ),
    Fault(
        name="tests_left_open",
        invariant="no_test_stays_in_progress_for_a_day",
        plant=user("open")
        + exam("open 1", "open", "IN_PROGRESS", before(days=1, seconds=1))
        + exam("open 2", "open", "STARTED", before(days=300))
        + exam("open 3", "open", "IN_PROGRESS", before(days=3))
        + answer("open answer", "open 3", before(days=1, seconds=1)),
        keys=keys("open 1", "open 2", "open 3"),
        near_misses=user("nearly open")
        + exam("nearly open 1", "nearly open", "IN_PROGRESS", before(days=1))
        + exam("nearly open 2", "nearly open", "IN_PROGRESS", before(days=3))
        + answer("nearly open answer", "nearly open 2", before(days=1))
        + exam("nearly open 3", "nearly open", "ABANDONED", before(days=3)),
    ),
    Fault(
        name="answers_unheard",
        invariant="every_answer_was_analysed",
        plant=user("unheard")
        + exam("unheard test", "unheard", "IN_PROGRESS", before(hours=3))
        + answer(
            "unheard 1",
            "unheard test",
            before(hours=1, seconds=1),
            transcript=None,
            feedback=None,
            score=None,
        )
        + answer("unheard 2", "unheard test", before(hours=2), feedback=None)
        + answer("unheard 3", "unheard test", before(hours=2), transcript=None),
        keys=keys("unheard 1", "unheard 2", "unheard 3"),
        near_misses=user("heard")
        + exam("heard test", "heard", "IN_PROGRESS", before(hours=3))
        + answer("heard 1", "heard test", before(hours=1), transcript=None, feedback=None)
        + answer("heard 2", "heard test", before(hours=2), transcript="", feedback="")
        + answer("heard 3", "heard test", before(hours=2), score=None),
    ),
)

USERS = (
    Fault(
        name="subscriptions_outlived",
        invariant="no_active_subscription_outlives_its_end",
        plant=subscription("outlived 1", "ACTIVE", before(seconds=0.001))
        + subscription("outlived 2", "ACTIVE", before(days=9)),
        keys=keys("outlived 1 subscription", "outlived 2 subscription"),
        near_misses=subscription("nearly outlived 1", "ACTIVE", before(seconds=0))
        + subscription("nearly outlived 2", "ACTIVE", None)
        + subscription("nearly outlived 3", "CANCELLED", before(days=9))
        + subscription("nearly outlived 4", "EXPIRED", before(days=9)),
    ),
    Fault(
        name="unknown_admins",
        invariant="only_known_admins_are_admins",
        plant=user("intruder 1", role="ADMIN") + user("intruder 2", role="ADMIN", isBlocked=True),
        keys=keys("intruder 1", "intruder 2"),
        near_misses=user("admin in name", name="Admin"),
    ),
    Fault(
        name="e_mails_twice",
        invariant="no_e_mail_is_registered_twice",
        plant=user("twice", email="Twice@Example.com")
        + user("twice again", email="twice@example.com")
        + user("twice more", email="twice@example.com "),
        keys=frozenset({min(str(uid(name)) for name in ("twice", "twice again", "twice more"))}),
        near_misses=user("once", email="once@example.com")
        + user("once elsewhere", email="once@example.org"),
    ),
    Fault(
        name="accounts_guessed",
        invariant="no_account_is_being_guessed",
        plant=user("guessed 1")
        + attempts("guessed 1", range(5, 15))
        + signed_in("guessed 1 session", "guessed 1", before(days=-20))
        + user("guessed 2", email="Guessed.2@example.com")
        + attempts("guessed 2", range(1, 7))
        + attempts("guessed 2", range(7, 11), userId=None, email="guessed.2@EXAMPLE.com")
        + user("guessed 3")
        + attempts("guessed 3", (0.001, *range(1, 9), 15)),
        keys=keys("guessed 1", "guessed 2", "guessed 3"),
        near_misses=user("tried 1")
        + attempts("tried 1", range(1, 10))
        + attempts("tried 1", range(10, 15), success=True)
        + user("tried 2")
        + attempts("tried 2", (0, *range(1, 10), 15.001))
        + user("tried 3", isBlocked=True)
        + attempts("tried 3", range(1, 14))
        + attempts("nobody at all", range(1, 14), userId=None),
    ),
    Fault(
        name="blocked_and_signed_in",
        invariant="no_blocked_user_has_a_session",
        plant=user("shut out 1", isBlocked=True)
        + signed_in("shut out 1 phone", "shut out 1", before(seconds=-0.001))
        + signed_in("shut out 1 laptop", "shut out 1", before(days=-20)),
        keys=keys("shut out 1 phone", "shut out 1 laptop"),
        near_misses=user("shut out 2", isBlocked=True)
        + signed_in("shut out 2 phone", "shut out 2", before(seconds=0))
        + user("let in")
        + signed_in("let in phone", "let in", before(days=-20)),
    ),
    Fault(
        name="tokens_kept",
        invariant="no_expired_session_or_token_is_kept",
        plant=user("kept")
        + signed_in("kept session", "kept", before(days=7, seconds=0.001))
        + verification("kept token", before(days=8))
        + reset("kept reset", before(days=90)),
        keys=keys("kept session", "kept reset")
        | {md5(b"kept token", usedforsecurity=False).hexdigest()},
        near_misses=user("swept")
        + signed_in("swept session", "swept", before(days=7))
        + verification("swept token", before(days=7))
        + reset("swept reset", before(days=6)),
    ),
)

CREDITS = (
    Fault(
        name="credits_below_zero",
        invariant="credits_are_never_negative",
        plant=user("owing 1", credits=-1) + user("owing 2", credits=-90),
        keys=keys("owing 1", "owing 2"),
        near_misses=user("broke", credits=0),
    ),
    Fault(
        name="credits_unexplained",
        invariant="every_manual_credit_says_who_and_why",
        plant=user("given")
        + "".join(
            credited(f"given {number}", "given", said)
            for number, said in enumerate(UNEXPLAINED, start=1)
        ),
        keys=keys(*(f"given {number}" for number in range(1, 6))),
        near_misses=user("thanked")
        + credited("thanked 1", "thanked", {**GIVEN, "credits": 0})
        + credited("thanked 2", "thanked", {**GIVEN, "credits": -3})
        + credited("thanked 3", "thanked", None, type="VOCAB_PRACTICE"),
    ),
    Fault(
        name="checkouts_without_credits",
        invariant="every_paid_checkout_added_its_credits",
        plant=user("payer 1")
        + user("payer 2")
        + credited("payer 2 part", "payer 2", {**GIVEN, "credits": 4, "session": checkout("part")})
        + user("payer 3")
        + credited("payer 3 once", "payer 3", {**GIVEN, "session": checkout("twice")})
        + credited("payer 3 again", "payer 3", {**GIVEN, "session": checkout("twice")}),
        keys=frozenset(map(checkout, ("lost 1", "lost 2", "part", "twice", "nobodys", "odd"))),
        near_misses=user("payer 4")
        + credited("payer 4 all", "payer 4", {**GIVEN, "session": checkout("added")})
        + user("payer 5")
        + "".join(
            credited(f"payer 5 {number}", "payer 5", {**GIVEN, **said})
            for number, said in enumerate(CORRECTED)
        ),
        stripe=_paid_for_nothing,
    ),
    Fault(
        name="refunds_that_cost_nothing",
        invariant="every_refund_took_its_credits",
        plant=user("refunded 1", credits=25)
        + bought("refunded 1", "back 1")
        + bought("refunded 1", "back 2")
        + user("refunded 2", credits=3)
        + bought("refunded 2", "back 3")
        + user("refunded 3")
        + bought("refunded 3", "back 4")
        + user("refunded 4")
        + bought("refunded 4", "back 5")
        + "".join(
            credited(
                f"back 5 {word}",
                "refunded 4",
                {**GIVEN, "credits": -10, "refund": refund("back 5")},
            )
            for word in ("once", "again")
        ),
        keys=frozenset(refund(f"back {number}") for number in range(1, 6)),
        near_misses=user("refunded 5")
        + bought("refunded 5", "kept 1")
        + credited(
            "kept 1 taken", "refunded 5", {**GIVEN, "credits": 0, "refund": refund("kept 1")}
        )
        + bought("refunded 5", "kept 2")
        + bought("refunded 5", "kept 3"),
        stripe=_given_back,
    ),
    Fault(
        name="deliveries_failed",
        invariant="no_webhook_delivery_has_failed_for_an_hour",
        plant=user("unheard of") + bought("unheard of", "late 1") + bought("unheard of", "late 2"),
        keys=frozenset({"evt_late_1", "evt_late_2"}),
        stripe=_undelivered,
    ),
    Fault(
        name="webhook_endpoint_disabled",
        invariant="the_webhook_endpoint_is_enabled",
        plant="",
        keys=frozenset({"we_ielts_eq"}),
        stripe=_deaf,
    ),
)


def _down(site: Site) -> None:
    page = '<h1>Application error</h1><script src="/_next/static/app.js"></script>'
    site.answer("site", "GET", "/", status=500, text=page)


def _elsewhere(site: Site) -> None:
    apis.providers(site, google="https://ielts-eq-git-main.example", credentials=Site.url("site"))


def _fewer_models(site: Site) -> None:
    apis.models(site, "whisper-1", "gpt-4o", "gpt-4o-mini-2024-07-18")


def _failing(site: Site) -> None:
    apis.sentry(site, "ielts-eq", failed=46, number=900)


def _leaking(site: Site) -> None:
    public = 'const stripe = Stripe("pk_live_000000000000000000000000");'
    leaked = f'{public} const hook = "whsec_0000000000000000"; const ai = "sk-proj-{"0" * 40}";'
    site.answer("site", "GET", "/_next/static/app.js", text=leaked)


def _not_uploaded(site: Site) -> None:
    site.store(BUCKET, key("spoken", "1"), key("spoken", "2"), size=9, modified=ago(days=2))


def _left_behind(site: Site) -> None:
    site.store(
        BUCKET,
        key("left the site", "voice 1"),
        key("left the site", "voice 2"),
        "user-/nobody.webm",
        size=9,
        modified=ago(minutes=15),
    )
    site.store(BUCKET, key("is still there", "voice 1"), size=9, modified=ago(days=2))
    site.store(BUCKET, key("left the site", "young"), size=9, modified=ago(minutes=14, seconds=59))
    site.store(BUCKET, "questions/part-1.webm", size=9, modified=ago(days=2))


def objects(*paths: str) -> frozenset[str]:
    """What a report calls these objects."""
    return frozenset(map(object_id, paths))


RECORDINGS = (
    Fault(
        name="recordings_left_behind",
        invariant="every_stored_recording_belongs_to_a_user",
        plant="",
        keys=objects(
            key("left the site", "voice 1"), key("left the site", "voice 2"), "user-/nobody.webm"
        ),
        near_misses=user("is still there"),
        site=_left_behind,
    ),
    Fault(
        name="answers_not_uploaded",
        invariant="every_answer_has_its_recording",
        plant=user("silent")
        + exam("silent test", "silent", "IN_PROGRESS", before(hours=3))
        + answer(
            "silent 1", "silent test", before(minutes=15), audioUrl=virtual(key("silent", "none"))
        )
        + answer("silent 2", "silent test", before(hours=2), audioUrl="")
        + answer("silent 3", "silent test", before(hours=2), audioUrl="blob:https://ielts-eq"),
        keys=keys("silent 1", "silent 2", "silent 3"),
        near_misses=user("spoken")
        + exam("spoken test", "spoken", "IN_PROGRESS", before(hours=3))
        + answer("spoken 1", "spoken test", before(hours=2), audioUrl=virtual(key("spoken", "1")))
        + answer(
            "spoken 2",
            "spoken test",
            before(hours=2),
            audioUrl=f"https://s3.amazonaws.com/{BUCKET}/{key('spoken', '2')}?version=1",
        )
        + answer(
            "spoken 4",
            "spoken test",
            before(minutes=14, seconds=59),
            audioUrl=virtual(key("spoken", "none")),
        ),
        site=_not_uploaded,
    ),
)

SITE = (
    Fault(
        name="site_down",
        invariant="the_site_is_up",
        plant="",
        keys=frozenset({r"\/"}),
        site=_down,
    ),
    Fault(
        name="callback_elsewhere",
        invariant="the_oauth_callback_is_ours",
        plant="",
        keys=frozenset({"google"}),
        site=_elsewhere,
    ),
    Fault(
        name="model_gone",
        invariant="the_ai_key_works",
        plant="",
        keys=frozenset({"gpt-4o-mini"}),
        site=_fewer_models,
    ),
    Fault(
        name="errors_frequent",
        invariant="errors_stay_rare",
        plant="",
        keys=frozenset({"requests"}),
        site=_failing,
    ),
    Fault(
        name="secrets_served",
        invariant="no_secret_is_served_to_browsers",
        plant="",
        keys=frozenset(
            {
                r"\/_next\/static\/app.js/OpenAI key",
                r"\/_next\/static\/app.js/Stripe webhook secret",
            }
        ),
        site=_leaking,
    ),
)

FAULTS = (*PLATFORM, *TESTS, *USERS, *CREDITS, *RECORDINGS, *SITE)
