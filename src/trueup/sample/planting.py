"""Words for faults: rows by their names, instants before the sample's clock, triggers asleep."""

from datetime import datetime, timedelta
from hashlib import md5
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from trueup.sample import CLOCK

LONG_AGO = CLOCK - timedelta(days=400)


def uid(name: str) -> UUID:
    """The id of the planted row of this name."""
    return UUID(md5(f"fault-{name}".encode(), usedforsecurity=False).hexdigest())


def keys(*names: str) -> frozenset[str]:
    """The ids of these rows, as keys."""
    return frozenset(str(uid(name)) for name in names)


def ago(**spans: float) -> datetime:
    """So long before the sample's clock."""
    return CLOCK - timedelta(**spans)


def quietly(*statements: str) -> str:
    """Run these with triggers and foreign keys asleep, so that a row stays as it is written."""
    asleep = "set local session_replication_role = replica;\n"
    return asleep + "".join(statements) + "set local session_replication_role = origin;\n"


def row(table: str, **values: object) -> str:
    """One row, as the statement that inserts it; a dict is JSON."""
    literals = [Jsonb(value) if isinstance(value, dict) else value for value in values.values()]
    insert = sql.SQL("insert into {} ({}) values ({});\n").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(map(sql.Literal, literals)),
    )
    return insert.as_string()


def supabase_user(name: str, **changed: object) -> str:
    """Somebody who can sign in to a Supabase project; a profile is the application's."""
    values: dict[str, object] = {
        "instance_id": UUID(int=0),
        "id": uid(name),
        "aud": "authenticated",
        "role": "authenticated",
        "email": f"{name.replace(' ', '.')}@example.com",
        "email_confirmed_at": LONG_AGO,
        "confirmation_token": "",
        "recovery_token": "",
        "email_change_token_new": "",
        "email_change": "",
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
    }
    return row("auth.users", **values | changed)
