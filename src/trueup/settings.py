"""A system's settings: what several systems have is typed here, the rest is the system's own."""

from datetime import date
from typing import Annotated, Any

from typing_extensions import TypedDict  # pydantic refuses typing's own before Python 3.12

from trueup.model.exact import after, before, holds
from trueup.model.window import Window, window

STRICT = {"extra": "forbid", "strict": True}
OPEN = {"extra": "allow", "strict": True}

UNLIMITED = -1
"""A limit that is none."""


def _url(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise ValueError(f"{text!r} is no URL; write it with its https://")
    return text


def _window(text: object) -> object:
    return text if isinstance(text, Window) else window(str(text))


Url = Annotated[str, after(_url)]
Limit = Annotated[int, holds(lambda n: n >= UNLIMITED, ge=UNLIMITED)]
Windows = list[Annotated[Window, before(_window)]]


class StripeSettings(TypedDict, total=False):
    """Where Stripe tells what happened, and which types of events are handled there."""

    __pydantic_config__ = STRICT  # type: ignore[misc]  # pydantic's own way to configure it

    webhook: Url
    handled: list[str]


class Settings(TypedDict, total=False):
    """
    What the library's invariants and fixes look up; whatever else a system says is kept as it is.

    `admins` are ids. `prices` maps Stripe's price to what it pays for, `tiers` a tier to its limits
    by name, of which -1 is none. `secrets` says when each was last rotated. `maintenance` are the
    windows in which what is found pages nobody.
    """

    __pydantic_config__ = OPEN  # type: ignore[misc]  # as above

    admins: list[str]
    migrations: Annotated[list[str], holds(bool, min_length=1)]
    connection_limit: Annotated[int, holds(lambda n: n > 0, gt=0)]
    prices: dict[str, Any]
    tiers: dict[str, dict[str, Limit]]
    secrets: dict[str, date]
    stripe: StripeSettings
    maintenance: Windows
