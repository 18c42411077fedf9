"""
What it costs to compare many subscriptions with as many rows, in time and in memory.

The bare cost is that of paging through the same list with the SDK and its own HTTP client, and
doing nothing with it. The stand-in, which is a process of its own, answers both as fast as it can;
Stripe would let neither ask more than 25 times a second.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from trueup.replica.dsn import Dsn  # noqa: E402  # after the path is set
from trueup.replica.limits import Limits  # noqa: E402  # as above
from trueup.replica.session import open_session  # noqa: E402  # as above
from trueup.sample import scratch  # noqa: E402  # as above

BOUND, BOUND_MB = 1.3, 400
SIZES = (1_000, 10_000, 100_000)
TURNS = 3
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
GIVEN = ("active", "trialing", "past_due", "canceled")
"""The statuses that the objects have, in turn."""


FILL = """
    create table subscriptions (
        id text primary key, user_id int, customer text, subscription text, status text,
        period_end timestamptz
    );
    insert into subscriptions
    select 'row ' || n, n, 'cus_' || lpad(n::text, 7, '0') || 'A',
           'sub_' || lpad(n::text, 7, '0') || 'A',
           (array['active', 'trialing', 'past_due', 'canceled'])[1 + n % 4],
           to_timestamp({now}) + make_interval(days => n % 28)
    from generate_series(0, {last}) n;
    grant select on subscriptions to trueup_reader;
    analyze subscriptions;
"""


def main() -> int:
    """Measure each size; print the curve, and 1 where a bound is broken at the largest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, action="append", help="subscriptions; repeatable")
    parser.add_argument("--role", choices=("serve", "bare", "compare"), help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.role:
        ROLES[asked.role](*asked.rest)
        return 0
    ratio, peak, size = 0.0, 0.0, 0
    with scratch() as cluster:
        for size in asked.size or SIZES:
            database = f"mirror_{size}"
            cluster.create_database(database)
            fill = FILL.format(now=int(NOW.timestamp()), last=size - 1)
            cluster.execute(fill, database)
            cluster.wait_for_replay()
            url = cluster.dsn("trueup_reader", "standby", database)
            with _served(size) as stripe:
                turns = [
                    (_timed("bare", stripe), _timed("compare", stripe, url)) for _ in range(TURNS)
                ]
            paged = statistics.median(one[0][0] for one in turns)
            mine = statistics.median(one[1][0] for one in turns)
            ratio, peak = mine / paged, max(one[1][1] for one in turns)
            said = f"SDK {paged:.2f} s, compared {mine:.2f} s, {ratio:.2f}"
            print(f"{size:>7,}: {said}, {peak:.0f} MB")
    print(f"bounds: {BOUND:g} times the SDK's paging, {BOUND_MB} MB")
    print(f"objects={size} ratio={ratio:.2f} peak_mb={peak:.0f}")
    return 0 if ratio <= BOUND and peak < BOUND_MB else 1


def serve(size: str) -> None:
    """Answer for an account of that size until standard input is closed."""
    from trueup.sample.stripe import Account, StandIn  # noqa: PLC0415  # only in this process

    account = Account(NOW)
    account.price("price_pro")
    for number in range(int(size)):
        created = NOW - timedelta(minutes=number + 30)
        account.subscription(
            f"sub_{number:07}A",
            f"cus_{number:07}A",
            "price_pro",
            created=created,
            ends=NOW + timedelta(days=number % 28),
            status=GIVEN[number % len(GIVEN)],
        )
    with StandIn(account) as stand_in:
        print(stand_in.url, flush=True)
        sys.stdin.read()


def bare(url: str) -> None:
    """Page through all subscriptions with the SDK."""
    import stripe  # noqa: PLC0415  # as above

    from trueup.sample.stripe.server import READER  # noqa: PLC0415  # as above

    client = stripe.StripeClient(READER, base_addresses={"api": url})
    started = time.perf_counter()
    pages = client.v1.subscriptions.list({"status": "all", "limit": 100})
    found = sum(1 for _ in pages.auto_paging_iter())
    _tell(time.perf_counter() - started, found)


def compare(url: str, database: str) -> None:
    """Compare them with the rows, as an invariant does."""
    from trueup.evaluate import evaluate  # noqa: PLC0415  # as above
    from trueup.library import (  # noqa: PLC0415  # as above
        Mirror,
        every_live_stripe_subscription_is_mirrored,
    )
    from trueup.library.mirror import STATUSES  # noqa: PLC0415  # as above
    from trueup.readers.stripe.account import StripeAccount  # noqa: PLC0415  # as above
    from trueup.readers.stripe.reader import Stripe  # noqa: PLC0415  # as above
    from trueup.sample.stripe.server import READER  # noqa: PLC0415  # as above

    mirror = Mirror(
        table="subscriptions",
        rows="select id, user_id, customer, subscription, status, period_end from subscriptions",
        statuses={status: status for status in STATUSES},
    )
    account = StripeAccount(secret=READER, source="key", live=False, url=url)
    session = open_session(
        Dsn(database, "the benchmark's replica"),
        primary_allowed=False,
        limits=Limits(),
        max_lag=timedelta(minutes=5),
        application="trueup/benchmark",
    )
    with tempfile.TemporaryDirectory() as folder, session.reading() as reader:
        stripe = Stripe(account, Path(folder), per_second=100_000)
        started = time.perf_counter()
        given = {"replica": reader, "stripe": stripe, "settings": {}, "now": NOW}
        outcome = evaluate(every_live_stripe_subscription_is_mirrored(mirror), given)
        took = time.perf_counter() - started
    if str(outcome.verdict) != "holds":
        sys.exit(f"it {outcome.verdict}: {outcome.reason}")
    _tell(took, outcome.judged["Stripe subscriptions"])


ROLES: Mapping[str, Callable[..., None]] = {"serve": serve, "bare": bare, "compare": compare}


def _tell(seconds: float, found: int) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(seconds, peak, found)


def _timed(role: str, *rest: str) -> tuple[float, float]:
    """Seconds and megabytes of one turn, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--role", role, *rest],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    seconds, peak, _ = done.stdout.split()
    return float(seconds), float(peak)


@contextmanager
def _served(size: int) -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, __file__, "--role", "serve", str(size)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        if server.stdout is None or server.stdin is None:
            raise RuntimeError("unreachable")
        yield server.stdout.readline().strip()
        server.stdin.close()


if __name__ == "__main__":
    sys.exit(main())
