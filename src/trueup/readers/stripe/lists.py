"""Fetching a whole list: windows of time side by side, each page checked first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import stripe
from msgspec import Struct
from msgspec.structs import replace

from trueup.errors import StripeError
from trueup.readers.stripe.personal import impersonal

PAGE = 100
PAGES = 5
"""Pages of one window before what is left of it is cut in two."""

WORKERS = 4

REPEATS = 3
"""How often a page that brings nothing new is asked for again."""

Page = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""One list of Stripe's: parameters in, a page out."""

Objects = list[dict[str, Any]]


class Window(Struct, frozen=True):
    """Objects created in a span, both ends included, in seconds since 1970."""

    since: int
    until: int

    def halves(self, reached: int) -> tuple["Window", ...]:
        """What is left below the last that was seen, in two."""
        middle = (self.since + reached) // 2
        return Window(self.since, middle), Window(middle + 1, reached)


class Lists:
    """Lists of one account; `live` is the mode that each object must be of."""

    def __init__(self, *, live: bool) -> None:
        self._live = live

    def whole(self, name: str, page: Page, asked: Mapping[str, Any]) -> Iterator[Objects]:
        """Every object of a list without times, page by page, in Stripe's order."""
        seen: set[str] = set()
        yield from (objects for objects, _ in self._paged(name, page, asked, seen))

    def windowed(
        self, name: str, page: Page, asked: Mapping[str, Any], span: Window
    ) -> Iterator[Objects]:
        """
        Every object created in a span, in no order, windows of it fetched side by side.

        Raises StripeError where any page of it could not be had: a list that is not whole is none.
        """
        seen: set[str] = set()
        with ThreadPoolExecutor(WORKERS) as pool:
            turns = {pool.submit(self._turn, name, page, asked, span)}
            try:
                while turns:
                    done, turns = wait(turns, return_when=FIRST_COMPLETED)
                    for turn in done:
                        objects, left = turn.result()
                        fresh = [one for one in objects if one["id"] not in seen]
                        seen.update(one["id"] for one in fresh)
                        yield fresh
                        turns |= {
                            pool.submit(self._turn, name, page, asked, window) for window in left
                        }
            finally:
                _forget(turns)

    def _turn(
        self, name: str, page: Page, asked: Mapping[str, Any], window: Window
    ) -> tuple[Objects, tuple[Window, ...]]:
        """A few pages of a window, and the windows that are left of it."""
        created = {"gte": window.since, "lte": window.until}
        objects: Objects = []
        single = window.since == window.until
        for number, (fresh, more) in enumerate(
            self._paged(name, page, {**asked, "created": created}, set()), start=1
        ):
            objects += fresh
            if more and number >= PAGES and not single:
                reached = min(int(one["created"]) for one in objects)
                left = replace(window, until=reached)
                return objects, left.halves(reached) if left.since < reached else (left,)
        return objects, ()

    def _paged(
        self, name: str, page: Page, asked: Mapping[str, Any], seen: set[str]
    ) -> Iterator[tuple[Objects, bool]]:
        """Page after page, only what was not seen yet, and whether there is more."""
        cursors: list[str] = []
        repeats = 0
        while True:
            found = _asked(name, page, asked, cursors)
            objects: Objects = [impersonal(one) for one in found["data"]]
            self._require_mode(name, objects)
            fresh = [one for one in objects if one["id"] not in seen]
            seen.update(one["id"] for one in fresh)
            if not fresh and found["has_more"]:
                repeats += 1
                if repeats > REPEATS:
                    raise StripeError(f"Stripe gives the same page of {name} again and again")
                continue
            yield fresh, found["has_more"]
            if not found["has_more"]:
                return
            repeats = 0
            cursors = [one["id"] for one in objects]

    def _require_mode(self, name: str, objects: Sequence[Mapping[str, Any]]) -> None:
        for one in objects:
            if one.get("livemode", self._live) is not self._live:
                mode = "live" if self._live else "test"
                raise StripeError(
                    f"Stripe gave {name} that are not of {mode} mode; is the key right?"
                )


def _asked(
    name: str, page: Page, asked: Mapping[str, Any], cursors: list[str]
) -> Mapping[str, Any]:
    """
    The page after the last of these ids.

    One that has been deleted since is no cursor any more; then the one before it is.
    """
    while True:
        after = {"starting_after": cursors[-1]} if cursors else {}
        try:
            return page({**asked, "limit": PAGE, **after})
        except stripe.InvalidRequestError as error:
            if error.param != "starting_after" or len(cursors) < 2:
                raise StripeError(refused(name, error), error.code) from None
            cursors.pop()
        except stripe.StripeError as error:
            raise StripeError(refused(name, error), error.code) from None


def refused(name: str, error: stripe.StripeError) -> str:
    """What Stripe refused, by its code: its prose may name people."""
    if isinstance(error, stripe.PermissionError):
        return f"the key may not read {name}; give it that permission in Stripe's dashboard"
    if isinstance(error, stripe.AuthenticationError):
        return "Stripe does not know the key; it was rolled or copied wrongly"
    return f"Stripe refused to list {name} ({error.code or error.http_status})"


def _forget(turns: set[Future[tuple[Objects, tuple[Window, ...]]]]) -> None:
    for turn in turns:
        turn.cancel()
