"""What a list of the stand-in answers: filters, order, pages and what is expanded."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from trueup.sample.stripe.account import KINDS, Account
from trueup.sample.stripe.objects import Object, listed

MOST = 100

Params = Mapping[str, list[str]]
Test = Callable[[Object, str, Account], bool]

ENDED = ("canceled", "incomplete_expired")

PAGING = ("limit", "starting_after", "ending_before", "expand[]")

BOUNDS = ("gt", "gte", "lt", "lte")


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """A request that Stripe would not answer; `param` is what it is about."""

    status: int
    code: str
    param: str = ""


def _is(name: str) -> Test:
    return lambda found, value, _: str(found.get(name)) == value


def _truth(name: str) -> Test:
    return lambda found, value, _: bool(found.get(name)) is (value == "true")


def _status(found: Object, value: str, _: Account) -> bool:
    if value == "ended":
        return found["status"] in ENDED
    return value == "all" or bool(found["status"] == value)


def _delivered(found: Object, value: str, account: Account) -> bool:
    return (found["id"] not in account.undelivered) is (value == "true")


def _sold(found: Object, value: str, _: Account) -> bool:
    return any(one["price"]["id"] == value for one in found["items"]["data"])


def _billed(found: Object, value: str, _: Account) -> bool:
    parent = found.get("parent") or {}
    return (parent.get("subscription_details") or {}).get("subscription") == value


FILTERS: Mapping[str, Mapping[str, Test]] = {
    "customers": {"email": _is("email"), "test_clock": _is("test_clock")},
    "products": {"active": _truth("active"), "type": _is("type")},
    "prices": {
        "active": _truth("active"),
        "product": _is("product"),
        "currency": _is("currency"),
        "type": _is("type"),
    },
    "subscriptions": {
        "status": _status,
        "customer": _is("customer"),
        "price": _sold,
        "collection_method": _is("collection_method"),
    },
    "events": {"type": _is("type"), "delivery_success": _delivered},
    "webhook_endpoints": {},
    "payment_intents": {"customer": _is("customer")},
    "charges": {"customer": _is("customer"), "payment_intent": _is("payment_intent")},
    "refunds": {"charge": _is("charge"), "payment_intent": _is("payment_intent")},
    "invoices": {"customer": _is("customer"), "status": _is("status"), "subscription": _billed},
    "checkout/sessions": {
        "customer": _is("customer"),
        "payment_intent": _is("payment_intent"),
        "status": _is("status"),
        "subscription": _is("subscription"),
    },
}
"""What each list can be narrowed by, besides `created` and the paging."""


class Index:
    """The objects of one kind in Stripe's order, the newest first."""

    def __init__(self, objects: Mapping[str, Object]) -> None:
        latest = list(objects.values())[::-1]
        newest = sorted(latest, key=lambda one: -int(one["created"]))
        self.objects = newest
        self.ages = [-int(one["created"]) for one in newest]
        self.places = {one["id"]: place for place, one in enumerate(newest)}

    def between(self, since: int | None, until: int | None) -> range:
        """The places of those created in a span, both ends included."""
        first = 0 if until is None else bisect_left(self.ages, -until)
        last = len(self.ages) if since is None else bisect_right(self.ages, -since)
        return range(first, last)


def answer(account: Account, index: Index, path: str, params: Params) -> Object:
    """One page; raises Refused for what Stripe would refuse."""
    tests = list(_tests(account, path, params))
    limit = _limit(params)
    places, backwards = _cut(index, _span(path, index, params), params)
    found: list[Object] = []
    for place in places:
        one = index.objects[place]
        if not one.get("deleted") and all(test(one, value, account) for test, value in tests):
            found.append(one)
        if len(found) > limit:
            break
    page = found[:limit]
    if backwards:
        page.reverse()
    data = [expanded(account, one, params) for one in page]
    return listed(f"/v1/{path}", data, more=len(found) > limit)


def expanded(account: Account, one: Object, params: Params) -> Object:
    """The object with what `expand[]` names in the place of its id."""
    wanted = [name.removeprefix("data.") for name in params.get("expand[]", ())]
    full = dict(one)
    for name in wanted:
        number = full.get(name)
        if isinstance(number, str):
            known = (objects.get(number) for objects in account.objects.values())
            full[name] = next((found for found in known if found), number)
    return full


def _tests(account: Account, path: str, params: Params) -> Iterator[tuple[Test, str]]:
    known = FILTERS[path]
    types = params.get("types[]") if path == "events" else None
    if types:
        yield (lambda found, _, __: any(_matches(found["type"], one) for one in types)), ""
    customer = params.get("customer", [""])[0]
    if customer and customer not in account.objects["customers"]:
        raise Refused(400, "resource_missing", "customer")
    for name, values in params.items():
        if name in PAGING or name.startswith("created") or (name == "types[]" and types):
            continue
        if name not in known:
            raise Refused(400, "parameter_unknown", name)
        yield known[name], values[0]
    if path == "subscriptions" and "status" not in params:
        yield (lambda found, _, __: found["status"] not in ENDED), ""


def _matches(kind: str, wanted: str) -> bool:
    return kind.startswith(wanted[:-1]) if wanted.endswith("*") else kind == wanted


def _limit(params: Params) -> int:
    said = params.get("limit", ["10"])[0]
    if not said.isdigit() or not 1 <= int(said) <= MOST:
        raise Refused(400, "parameter_invalid_integer", "limit")
    return int(said)


def _span(path: str, index: Index, params: Params) -> range:
    """The places that `created` leaves; a kind that has no such filter refuses it."""
    said = {name: int(values[0]) for name, values in params.items() if name.startswith("created")}
    if said and path == "webhook_endpoints":
        raise Refused(400, "parameter_unknown", "created")
    exact = said.pop("created", None)
    bounds = {name.removeprefix("created[").removesuffix("]"): at for name, at in said.items()}
    unknown = bounds.keys() - set(BOUNDS)
    if unknown:
        raise Refused(400, "parameter_unknown", f"created[{min(unknown)}]")
    since = [exact, bounds.get("gte"), bounds["gt"] + 1 if "gt" in bounds else None]
    until = [exact, bounds.get("lte"), bounds["lt"] - 1 if "lt" in bounds else None]
    return index.between(
        max((one for one in since if one is not None), default=None),
        min((one for one in until if one is not None), default=None),
    )


def _cut(index: Index, span: range, params: Params) -> tuple[range, bool]:
    """The places after, or before, the object that the page is to begin at; and the direction."""
    for name in ("starting_after", "ending_before"):
        if name in params:
            place = index.places.get(params[name][0])
            if place is None:
                raise Refused(400, "resource_missing", name)
            if name == "starting_after":
                return range(max(span.start, place + 1), span.stop), False
            return range(min(span.stop, place) - 1, span.start - 1, -1), True
    return span, False


def path_of(path: str) -> tuple[str, str]:
    """The kind that a path is about, and the id, empty for the list; raises Refused."""
    for kind in KINDS:
        if path == kind:
            return kind, ""
        if path.startswith(f"{kind}/") and "/" not in path.removeprefix(f"{kind}/"):
            return kind, path.removeprefix(f"{kind}/")
    raise Refused(404, "url_invalid")
