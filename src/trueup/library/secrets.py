"""Secrets: when each was last changed, as the settings say; nobody else knows."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Unpack

from trueup.errors import ConfigError
from trueup.library.declare import Options, declared
from trueup.model.invariant import SETTINGS, Invariant, Row

SETTING = "secrets"


def every_secret_is_younger_than(
    days: int, only: Sequence[str] = (), **said: Unpack[Options]
) -> Invariant:
    """
    Every secret in `secrets` of the system's settings was changed less than so many days ago.

    `only` names some, and each must be there. A day that is still to come is a violation too: it is
    a typing error, and would keep quiet for longer than anybody meant. Days are those of UTC.
    """

    def ask(settings: Mapping[str, object], now: datetime) -> Iterator[Row]:
        today = now.astimezone(UTC).date()
        for name, changed in sorted(_chosen(settings, only).items()):
            age = (today - changed).days
            if not 0 <= age < days:
                yield {"secret": name, "changed": changed, "days": age, "allowed": days}

    return declared(
        ask,
        {
            "severity": "P3",
            "fix": "rotate_secret",
            "harm": "Whoever once saw it (a laptop that was sold, somebody who left) can still use"
            " it.",
        },
        said,
        over={name: f"{SETTINGS}{SETTING}.{name}" for name in only}
        or {SETTING: f"{SETTINGS}{SETTING}"},
        show=["secret"],
    )


def _chosen(settings: Mapping[str, object], only: Sequence[str]) -> dict[str, date]:
    known = settings.get(SETTING)
    found: dict[str, date] = {**known} if isinstance(known, Mapping) else {}
    for name in only:
        if name not in found:
            raise ConfigError(
                f"the system's settings do not say when {name} was changed; add {name} ="
                f" 2026-01-31, with the day, to its settings.{SETTING}"
            )
    return {name: changed for name, changed in found.items() if not only or name in only}
