"""Twenty rules of which no two share a table: what there is to gain without reading one once."""

from comparison.definition import CLOCK, Check, Definition, Table, key

NAMES = (
    *("accounts", "invoices", "payments", "orders", "shipments", "refunds", "coupons"),
    *("carts", "reviews", "messages", "tickets", "devices", "visits", "exports"),
    *("imports", "uploads", "reports", "invitations", "teams", "webhooks"),
)


def table(name: str) -> Table:
    """One in twenty of the rows."""
    columns = {
        "id": ("uuid primary key", key(name)),
        "status": ("text", "case when n % 9 = 0 then 'open' else 'done' end"),
        "amount": ("integer", "n % 900"),
        "note": ("text", "repeat('word ', 12)"),
        "updated_at": ("timestamptz", f"{CLOCK} - n % 300 * interval '1 day'"),
    }
    return Table(name, 5, columns, ("updated_at",))


def check(place: int, name: str) -> Check:
    """Three in five are violated by default."""
    return Check(
        f"no_{name}_are_done_and_negative",
        "rule",
        name,
        f"status = 'done' and amount < -{place}",
        {"status": "'done'", "amount": "-100"},
        violated=place % 5 < 3,
        columns=("id", "status", "amount"),
    )


DEFINITION = Definition(
    tuple(map(table, NAMES)), tuple(check(place, name) for place, name in enumerate(NAMES))
)
