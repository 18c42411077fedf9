"""A system's settings: what several systems have is typed here, the rest is the system's own."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from trueup import reading
from trueup.model.window import Window

UNLIMITED = -1
"""A limit that is none."""

URL = r"^https?://[^/?#\s]+[^\s]*$"

WORDS: Mapping[str, str] = {URL: "is no URL; write it with its https://"}
"""What a text must be, by the pattern that it must match."""

Url = Annotated[str, Meta(pattern=URL)]
Limit = Annotated[int, Meta(ge=UNLIMITED)]


class StripeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where Stripe tells what happened, and which types of events are handled there."""

    webhook: Url | UnsetType = UNSET
    handled: list[str] | UnsetType = UNSET


class Settings(Struct, frozen=True):
    """
    What the library's invariants and fixes look up; whatever else a system says is kept as it is.

    `admins` are ids. `prices` maps Stripe's price to what it pays for, `tiers` a tier to its limits
    by name, of which -1 is none. `secrets` says when each was last rotated. `maintenance` are the
    windows in which what is found pages nobody.
    """

    admins: list[str] | UnsetType = UNSET
    migrations: Annotated[list[str], Meta(min_length=1)] | UnsetType = UNSET
    connection_limit: Annotated[int, Meta(gt=0)] | UnsetType = UNSET
    prices: dict[str, Any] | UnsetType = UNSET
    tiers: dict[str, dict[str, Limit]] | UnsetType = UNSET
    secrets: dict[str, date] | UnsetType = UNSET
    stripe: StripeSettings | UnsetType = UNSET
    maintenance: list[Window] | UnsetType = UNSET


def read(raw: Mapping[str, object]) -> dict[str, object]:
    """All that was said, what is known here in its own type; raises reading.WrongError."""
    typed = _given(reading.read(raw, Settings, WORDS))
    if "stripe" in typed:
        typed["stripe"] = raw["stripe"]  # texts, which are looked up by name
    return {**raw, **typed}


def _given(found: Struct) -> dict[str, object]:
    said = ((name, getattr(found, name)) for name in found.__struct_fields__)
    return {name: value for name, value in said if value is not UNSET}
