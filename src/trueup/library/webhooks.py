"""Stripe's webhooks: an endpoint that listens, deliveries that arrive, events on record."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Unpack

from trueup.errors import ConfigError
from trueup.library.declare import Options, declared
from trueup.model.invariant import Invariant, Row
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

KEPT = 30.0
"""Days for which Stripe lists events (its documentation, "List all events")."""

EVERY = "*"


def the_stripe_key_matches_the_environment(**said: Unpack[Options]) -> Invariant:
    """The key is of the environment's mode, and may read and nothing else."""

    def ask(stripe: "Stripe") -> Iterator[Row]:
        key, account = stripe.key, stripe.account
        troubles = []
        if key.live is not account.live:
            troubles.append(f"of {key.mode} mode")
        if not key.restricted and (key.live or not account.unrestricted):
            troubles.append("not restricted")
        if troubles:
            yield {"variable": key.source, "trouble": ", ".join(troubles)}

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "replace_stripe_key",
            "harm": "With the other mode's key every payer seems to be missing; with a secret key"
            " whoever reads the runner's memory can refund, charge and delete.",
        },
        said,
        over={"keys": "stripe.keys"},
        show=["variable", "trouble"],
    )


def the_webhook_endpoint_is_enabled(**said: Unpack[Options]) -> Invariant:
    """
    The endpoint of the settings is there, enabled, and subscribed to every type that is handled.

    Settings: `stripe.webhook`, its URL, and `stripe.handled`, the types.
    """

    def ask(stripe: "Stripe", settings: Mapping[str, Any]) -> Iterator[Row]:
        url, types = handled(settings)
        found = [one for one in stripe.webhook_endpoints() if one["url"] == url]
        if not found:
            yield {"endpoint": "none", "url": url, "trouble": "is not there"}
        for one in found:
            trouble = _trouble(one, types)
            if trouble:
                yield {"endpoint": one["id"], "url": url, "trouble": trouble}

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "enable_webhook_endpoint",
            "harm": "The application no longer hears who paid, renewed or left.",
            "may_be_empty": True,
        },
        said,
        over={"endpoints": "stripe.webhook_endpoints"},
        show=["url", "endpoint", "trouble"],
    )


def no_webhook_delivery_has_failed_for_an_hour(
    done: str | None = None, **said: Unpack[Options]
) -> Invariant:
    """
    Every event of a handled type was delivered within an hour.

    Stripe says of a delivery that it is pending or failed, not which; it lists thirty days. For a
    handler that does everything once more when it hears once more, `done` is a SELECT of those of
    `:objects`, the ids of what events are about, for which it is done: those need no delivery.
    """

    def ask(replica: Reader, stripe: "Stripe", settings: Mapping[str, Any]) -> Iterator[Row]:
        _, types = handled(settings)
        until = stripe.now - timedelta(hours=1)
        late = [one for one in stripe.undelivered(types, KEPT) if _at(one) <= until]
        objects = [_about(one) for one in late]
        found = replica.rows(done, objects=objects) if done and objects else ()
        are_done = {next(iter(row.values())) for row in found}
        for one in late:
            if _about(one) not in are_done:
                yield {"event": one["id"], "type": one["type"], "created": _at(one)}

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "replay_stripe_events",
            "harm": "Stripe stops trying after three days, and what the event said is never heard.",
        },
        said,
        over={"endpoints": "stripe.webhook_endpoints"},
        show=["event", "type"],
    )


def every_stripe_event_was_recorded(
    recorded: str, table: str, days: float = 1, **said: Unpack[Options]
) -> Invariant:
    """
    Each event of a handled type is in the system's own table.

    `recorded` is a SELECT with `:events`, a list of ids, that gives those which are there as
    `event`. `days` goes back at most thirty: Stripe lists no more, so that what is older can only
    be seen by comparing the objects themselves.
    """

    def ask(replica: Reader, stripe: "Stripe", settings: Mapping[str, Any]) -> Iterator[Row]:
        _, types = handled(settings)
        back = min(days, KEPT)
        since, until = stripe.now - timedelta(days=back), stripe.now - stripe.account.grace
        found = [one for one in stripe.events(types, back) if since <= _at(one) <= until]
        ids = [one["id"] for one in found]
        there = {row["event"] for row in replica.rows(recorded, events=ids)}
        for one in found:
            if one["id"] not in there:
                yield {"event": one["id"], "type": one["type"], "created": _at(one)}

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "replay_stripe_events",
            "harm": "Something happened to a customer's money that the application never heard of.",
        },
        said,
        over={table: table},
        show=["event", "type"],
    )


def _trouble(endpoint: Mapping[str, Any], types: Sequence[str]) -> str:
    if endpoint["status"] != "enabled":
        return f"is {endpoint['status']}"
    subscribed = endpoint["enabled_events"]
    missing = [] if EVERY in subscribed else sorted(set(types) - set(subscribed))
    return f"does not hear of {', '.join(missing)}" if missing else ""


def _about(event: Mapping[str, Any]) -> str:
    return str(event["data"]["object"]["id"])


def _at(event: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(event["created"], UTC)


def handled(settings: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The webhook's URL and the types that it handles; raises ConfigError without them."""
    found = settings.get("stripe", {})
    if not found.get("webhook") or not found.get("handled"):
        raise ConfigError(
            "the system's settings name no webhook; add stripe.webhook, its url, and"
            " stripe.handled, the types of events that it handles"
        )
    return str(found["webhook"]), [str(kind) for kind in found["handled"]]
