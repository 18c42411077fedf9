"""StudyBuddy's thresholds in time, to the microsecond, at instants where calendars are odd."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from freezegun import freeze_time
from msgspec import Struct

from fix_database import opened
from systems.scenes import Scene
from trueup.evaluate import evaluate
from trueup.model.violation import key_text
from trueup.replica.reader import Reader
from trueup.sample import CLOCK

TICK = timedelta(microseconds=1)

INSTANTS = {
    "sample": CLOCK,
    "leap day": datetime(2028, 2, 29, 12, tzinfo=UTC),
    "after leap day": datetime(2028, 3, 1, tzinfo=UTC),
    "new york springs forward": datetime(2026, 3, 8, 7, tzinfo=UTC),
    "new york falls back": datetime(2026, 11, 1, 6, tzinfo=UTC),
    "berlin springs forward": datetime(2026, 3, 29, 1, tzinfo=UTC),
    "berlin falls back": datetime(2026, 10, 25, 1, tzinfo=UTC),
    "month end": datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC),
    "year end": datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    "new year": datetime(2027, 1, 1, tzinfo=UTC),
}


class Threshold(Struct, frozen=True):
    """A row whose time is set by `sql`; `at` says whether the exact instant breaks the rule."""

    invariant: str
    sql: str
    before: timedelta
    at: bool = False


JOB = "(select id from ai_jobs order by id limit 1)"
PAID = "(select id from subscriptions where stripe_customer_id is not null order by id limit 1)"

THRESHOLDS = (
    Threshold(
        "every_running_ai_job_is_younger_than_five_minutes",
        f"update ai_jobs set status = 'running', updated_at = %s where id = {JOB} returning id",
        timedelta(minutes=5),
    ),
    Threshold(
        "every_queued_ai_job_starts_within_fifteen_minutes",
        f"update ai_jobs set status = 'queued', updated_at = %s where id = {JOB} returning id",
        timedelta(minutes=15),
    ),
    Threshold(
        "every_extracting_file_has_a_live_job",
        """
        with gone as (delete from ai_jobs where status in ('queued', 'running'))
        update course_files set extraction_status = 'extracting', updated_at = %s
        where id = (select id from course_files order by id limit 1) returning id
        """,
        timedelta(minutes=5),
    ),
    Threshold(
        "no_temporary_override_outlives_a_day",
        """
        update admin_overrides
        set notes = 'temporary', quota_overrides = '{"chat": 1}', updated_at = %s
        where id = (select id from admin_overrides order by id limit 1) returning id
        """,
        timedelta(days=1),
    ),
    Threshold(
        "no_active_subscription_outlives_its_period",
        "update subscriptions set status = 'active', current_period_end = %s"
        f" where id = {PAID} returning id",
        timedelta(days=1),
    ),
    Threshold(
        "no_trial_outlives_its_end",
        "update subscriptions set status = 'trialing', trial_end = %s"
        f" where id = {PAID} returning id",
        timedelta(0),
    ),
    Threshold(
        "the_newest_subscription_event_is_reflected",
        f"""
        with gone as (delete from webhook_events),
        behind as (
            update subscriptions set last_webhook_at = null, stripe_event_id = 'evt_other'
            where id = {PAID} returning id, stripe_customer_id
        ),
        event as (
            insert into webhook_events (event_id, event_type, processed_at, payload)
            select 'evt_newest', 'customer.subscription.updated', %s,
                   jsonb_build_object('customer', stripe_customer_id)
            from behind
        )
        select id from behind
        """,
        timedelta(minutes=15),
        at=True,
    ),
)

MANY_JOBS = """
    insert into ai_jobs (id, user_id, course_id, job_type, status, created_at, updated_at)
    select gen_random_uuid(), user_id, course_id, job_type, 'completed', %s, %s
    from ai_jobs, generate_series(1, 10000) where id = (select id from ai_jobs order by id limit 1)
    returning user_id
"""


@pytest.fixture
def sound(scene) -> Scene:
    """StudyBuddy's sample without a fault."""
    found: Scene = scene("studybuddy")
    found.plant()
    return found


@pytest.fixture
def connection(sound: Scene) -> Iterator[psycopg.Connection]:
    """A superuser's transaction that nobody else sees, its triggers quiet, rolled back."""
    with sound.database.connect() as found, found.transaction(force_rollback=True):
        found.execute("set local session_replication_role = replica")
        found.execute("set local timezone = 'America/New_York'")
        yield found


def names(sound: Scene, connection, name: str, now: datetime) -> set[str]:
    """The keys of an invariant's violations, asked inside the transaction."""
    [invariant] = [found for found in sound.invariants if found.name == name]
    given = {"replica": Reader(connection), "now": now, "settings": sound.settings}
    return {key_text(violation.key) for violation in evaluate(invariant, given).violations}


@pytest.mark.parametrize("now", INSTANTS.values(), ids=INSTANTS)
@pytest.mark.parametrize("threshold", THRESHOLDS, ids=lambda t: t.invariant)
def test_a_threshold_is_where_its_name_says(sound, connection, threshold, now: datetime) -> None:
    exact = now - threshold.before

    def broken(moment: datetime) -> bool:
        row = connection.execute(threshold.sql.encode(), [moment]).fetchone()
        found = str(row[0]) in names(sound, connection, threshold.invariant, now)
        connection.execute("delete from webhook_events where event_id = 'evt_newest'")
        return found

    assert broken(exact - TICK)
    assert broken(exact) is threshold.at
    assert not broken(exact + TICK)


@pytest.mark.parametrize("now", INSTANTS.values(), ids=INSTANTS)
@pytest.mark.parametrize(
    ("before", "counts"),
    [
        (timedelta(hours=1) + TICK, False),
        (timedelta(hours=1), True),
        (TICK, True),
        (timedelta(0), False),
    ],
    ids=["before the hour", "at its start", "at its end", "after it"],
)
def test_an_hour_has_its_first_instant_and_not_its_last(
    sound, connection, before: timedelta, counts: bool, now: datetime
) -> None:
    moment = now - before
    row = connection.execute(MANY_JOBS, [moment, moment]).fetchone()

    assert (str(row[0]) in names(sound, connection, "no_user_floods_ai_jobs", now)) is counts


@pytest.mark.parametrize("year", [2020, 2035])
def test_no_verdict_depends_on_this_machines_clock(sound: Scene, year: int) -> None:
    def verdicts(session) -> dict[str, str]:
        found = {}
        for invariant in (one for one in sound.invariants if "visitor" not in one.asks):
            with session.reading() as reader:
                given = {"replica": reader, "now": CLOCK, "settings": sound.settings}
                found[invariant.name] = str(evaluate(invariant, given).verdict)
        return found

    with opened(sound.database) as session:  # never frozen: a connection that waits would hang
        today = verdicts(session)
        with freeze_time(datetime(year, 1, 1, tzinfo=UTC), ignore=["psycopg"]):
            assert verdicts(session) == today
