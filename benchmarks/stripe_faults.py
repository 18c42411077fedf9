"""
Whether anything that goes wrong on the way to Stripe makes a violation of what is none.

A sound account and a sound table are compared again and again, each time with troubles drawn by a
seed: storms of 429, errors of the server, answers that end in the middle, pages that come again,
objects that are deleted between two pages, clocks that are off, subscriptions that change while
they are read. A run may say *unknown*; it must never say *violated*. Some runs have one fault that
is true, and then it must be named or unknown, and nothing else.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct, field

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from fix_database import Database, opened  # noqa: E402  # after the path is set
from trueup.evaluate import evaluate  # noqa: E402  # as above
from trueup.library import (  # noqa: E402  # as above
    Mirror,
    every_live_stripe_subscription_is_mirrored,
    every_mirrored_subscription_exists_in_stripe,
)
from trueup.model.invariant import Invariant  # noqa: E402  # as above
from trueup.model.verdict import Outcome, Verdict  # noqa: E402  # as above
from trueup.model.violation import key_text  # noqa: E402  # as above
from trueup.readers.stripe import lists, transport  # noqa: E402  # as above
from trueup.readers.stripe.account import StripeAccount  # noqa: E402  # as above
from trueup.readers.stripe.reader import Stripe  # noqa: E402  # as above
from trueup.replica.session import Session  # noqa: E402  # as above
from trueup.sample import Cluster, scratch  # noqa: E402  # as above
from trueup.sample.stripe import Account, StandIn  # noqa: E402  # as above
from trueup.sample.stripe.lists import Params  # noqa: E402  # as above
from trueup.sample.stripe.server import READER, Trouble  # noqa: E402  # as above

DATABASE = "mirror"
SUBSCRIPTIONS = 120
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)

SCHEMA = """
    create table subscriptions (
        id text primary key, user_id int, customer text, subscription text, status text,
        period_end timestamptz
    );
    grant select on subscriptions to trueup_reader;
"""

MIRROR = Mirror(
    table="subscriptions",
    rows="select id, user_id, customer, subscription, status, period_end from subscriptions",
    statuses={status: status for status in ("active", "trialing", "past_due", "canceled")}
    | dict.fromkeys(("unpaid", "paused", "incomplete", "incomplete_expired"), "canceled"),
)

ASKED = (
    every_live_stripe_subscription_is_mirrored(MIRROR),
    every_mirrored_subscription_exists_in_stripe(MIRROR),
)


class Weather(Struct):
    """What goes wrong in one run, drawn by its seed."""

    account: Account
    chance: random.Random
    met: Counter[str] = field(default_factory=Counter)
    earlier: dict[str, dict[str, object]] = field(default_factory=dict)

    def before(self, stand_in: StandIn) -> Callable[[str, str, Params], Trouble | None]:
        """The hook that the stand-in calls before it answers."""
        kinds = self.chance.sample(sorted(self._kinds()), k=self.chance.randint(1, 3))
        often = self.chance.choice((0.05, 0.2, 0.6))

        def hook(_: str, path: str, params: Params) -> Trouble | None:
            if self.chance.random() > often:
                return None
            kind = self.chance.choice(kinds)
            self.met[kind] += 1
            return self._kinds()[kind](stand_in, path, params)

        return hook

    def _kinds(self) -> dict[str, Callable[[StandIn, str, Params], Trouble | None]]:
        return {
            "storm of 429": lambda *_: Trouble(429),
            "error of the server": lambda *_: Trouble(self.chance.choice((500, 502, 503))),
            "end in the middle": lambda *_: Trouble(cut=True),
            "page again": self._again,
            "deleted between pages": self._vanish,
            "changed while read": self._change,
        }

    def _again(self, stand_in: StandIn, path: str, params: Params) -> Trouble | None:
        if "starting_after" not in params:
            return None
        first = {name: said for name, said in params.items() if name != "starting_after"}
        return Trouble(page=stand_in.got(path, first))

    def _vanish(self, _: StandIn, path: str, params: Params) -> None:
        """One that has long ended, so that it is missed by nobody, and was to be the cursor."""
        ended = [
            number
            for number in params.get("starting_after", ())
            if self.account.objects["subscriptions"].get(number, {}).get("status") == "canceled"
        ]
        if path == "subscriptions":
            self.account.remove(path, ended)

    def _change(self, *_: object) -> None:
        """Somebody cancels, pays late or renews, and the webhook has not told anybody yet."""
        subscriptions = self.account.objects["subscriptions"]
        number = self.chance.choice(sorted(subscriptions))
        one = subscriptions[number]
        self.earlier.setdefault(number, dict(one))
        one["status"] = self.chance.choice(("canceled", "past_due", "active"))
        name = f"evt_{len(self.account.objects['events']):06}A"
        about = {"id": number, "customer": one["customer"]}
        self.account.event(name, "customer.subscription.updated", about, self.account.clock)


def main() -> int:
    """Make the runs, print what was met and what was said; 1 where anything false was said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    transport.FIRST_PAUSE = 0.0005
    lists.PAGE = 20
    said: Counter[str] = Counter()
    met: Counter[str] = Counter()
    false = 0
    with scratch() as cluster:
        account = _filled(cluster)
        with opened(Database(cluster, DATABASE)) as session:
            for number in range(asked.runs):
                chance = random.Random(asked.seed * 100_000 + number)  # noqa: S311  # no secret
                outcomes, truth, weather = _run(session, account(), chance)
                met += weather.met
                false += sum(_is_false(outcome, truth) for outcome in outcomes)
                said.update(str(outcome.verdict) for outcome in outcomes)
    print(f"seed {asked.seed}; met: {dict(met.most_common())}; said: {dict(said)}")
    print(f"runs={asked.runs} false_violations={false}")
    return 1 if false or not met or not said[Verdict.HOLDS] or not said[Verdict.VIOLATED] else 0


def _run(
    session: Session, account: Account, chance: random.Random
) -> tuple[list[Outcome], frozenset[str], Weather]:
    truth = _broken(account, chance)
    weather = Weather(account, chance)
    skew = timedelta(seconds=chance.choice((0, 0, -90, 90, 240)))
    with StandIn(account, skew=skew) as stand_in, tempfile.TemporaryDirectory() as folder:
        stand_in.before = weather.before(stand_in)
        stripe = Stripe(
            StripeAccount(secret=READER, source="key", live=False, url=stand_in.url),
            Path(folder),
            per_second=5000,
        )
        outcomes = [_asked(session, invariant, stripe) for invariant in ASKED]
        stripe.close()
    return outcomes, truth, weather


def _asked(session: Session, invariant: Invariant, stripe: Stripe) -> Outcome:
    with session.reading() as reader:
        given = {"replica": reader, "stripe": stripe, "settings": {}, "now": NOW}
        return evaluate(invariant, given)


def _broken(account: Account, chance: random.Random) -> frozenset[str]:
    """Break one subscription long ago in one run of four; gives what may be named."""
    if chance.random() > 0.25:
        return frozenset()
    number = chance.choice(sorted(account.objects["subscriptions"]))
    account.objects["subscriptions"][number]["status"] = "unpaid"
    return frozenset({number})


def _is_false(outcome: Outcome, truth: frozenset[str]) -> bool:
    return not {key_text(violation.key) for violation in outcome.violations} <= truth


def _filled(cluster: Cluster) -> Callable[[], Account]:
    """Fill the table, and give what makes the account that it mirrors."""
    cluster.create_database(DATABASE)
    cluster.execute(SCHEMA, DATABASE)
    made = _account()
    with cluster.connect(database=DATABASE) as connection:
        for number, one in enumerate(made.objects["subscriptions"].values()):
            ends = one["items"]["data"][0]["current_period_end"]
            connection.execute(
                "insert into subscriptions values (%s, %s, %s, %s, %s, to_timestamp(%s))",
                [f"row {number}", number, one["customer"], one["id"], one["status"], ends],
            )
    cluster.wait_for_replay()
    return _account


def _account() -> Account:
    account = Account(NOW)
    account.price("price_pro")
    for number in range(SUBSCRIPTIONS):
        created = NOW - timedelta(hours=7 * number + 1)
        customer = f"cus_{number:05}A"
        account.add("customers", customer, created)
        account.subscription(
            f"sub_{number:05}A",
            customer,
            "price_pro",
            created=created,
            ends=NOW + timedelta(days=number % 28),
            status=("active", "trialing", "past_due", "canceled")[number % 4],
        )
    return account


if __name__ == "__main__":
    sys.exit(main())
