"""
What is somebody's, as a system declares it: the account, and what no foreign key ties to it.

`invariants/<system>/person.py` says `PERSON = Person(…)`; `trueup export` and the fix `delete_user`
go by it. Foreign keys are found by themselves and need no word, but for those that stand in the way
of a deletion, and those whose rows should go although the key would let them stay.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field


class Fate(StrEnum):
    """What becomes of rows that name the person, once the person is deleted."""

    GOES = "goes"
    GIVEN = "is given to another"
    CLEARED = "is cleared"
    STORED = "is deleted by the storage"
    STAYS = "stays"


class Tie(Struct, frozen=True, kw_only=True):
    """
    How rows hang on the person, or on something that is theirs.

    `of` is the column, or the expression, that they name, by default the account's. `heir` is the
    setting that says who takes them over, `values` what is written in their place, `why` for what
    reason they stay. `may_be_absent` lets a schema lack the column.
    """

    fate: Fate
    of: str = ""
    heir: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    why: str = ""
    may_be_absent: bool = False


def goes(of: str = "", *, may_be_absent: bool = False) -> Tie:
    """The rows are the person's: they are exported, and deleted with what hangs on them."""
    return Tie(fate=Fate.GOES, of=of, may_be_absent=may_be_absent)


def given_to(heir: str, of: str = "", *, may_be_absent: bool = False) -> Tie:
    """
    The rows are somebody else's and name the person: `heir`, a setting's name, holds who instead.

    Of them only the key is exported.
    """
    return Tie(fate=Fate.GIVEN, of=of, heir=heir, may_be_absent=may_be_absent)


def cleared(values: Mapping[str, object], of: str = "", *, may_be_absent: bool = False) -> Tie:
    """The rows have to stay, and what they say of the person goes: they get these values."""
    return Tie(fate=Fate.CLEARED, of=of, values=values, may_be_absent=may_be_absent)


def stored(of: str = "", *, may_be_absent: bool = False) -> Tie:
    """The rows are Supabase Storage's own, each a file: only its API deletes them."""
    return Tie(fate=Fate.STORED, of=of, may_be_absent=may_be_absent)


def stays(why: str, of: str = "", *, may_be_absent: bool = False) -> Tie:
    """The rows are kept as they are, and say whom they are about; the deletion tells why."""
    return Tie(fate=Fate.STAYS, of=of, why=why, may_be_absent=may_be_absent)


class Person(Struct, frozen=True, kw_only=True):
    """
    A system's people: `account` is the column whose value names one, as in `auth.users.id`.

    `ties` has what no foreign key says, or what a foreign key says otherwise. Its keys are columns
    (`"ai_jobs.user_id"`), or a table with an expression over it that PostgreSQL compares as text
    (`"webhook_events: payload ->> 'customer'"`). `secrets` are columns, or whole tables, that an
    export leaves out; so it does with texts whose name sounds like a secret, except `plain` ones.
    `customer` is the column that holds the person's customer in Stripe. `objects` maps a storage
    that environments name to how the keys of a person's objects begin, `{id}` being the person.
    `naive` is the zone of the timestamps without one, where they all keep the same.
    """

    account: str
    ties: Mapping[str, Tie] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    customer: str = ""
    objects: Mapping[str, str] = field(default_factory=dict)
    naive: str = ""


SUPABASE_TIES: Mapping[str, Tie] = {
    "auth.refresh_tokens.user_id": goes(),
    "auth.flow_state.user_id": goes(may_be_absent=True),
    "auth.audit_log_entries: payload ->> 'actor_id'": goes(may_be_absent=True),
    "storage.s3_multipart_uploads.owner_id": goes(may_be_absent=True),
    "storage.objects: lower(owner_id)": stored(),
    "storage.objects: owner::text": stored(),
    "storage.buckets.owner_id": cleared({"owner": None, "owner_id": None}),
    "storage.buckets.owner": cleared({"owner": None, "owner_id": None}),
}
"""What Supabase itself ties to a user without a foreign key."""

SUPABASE_SECRETS = (
    "auth.users.encrypted_password",
    "auth.refresh_tokens",
    "auth.one_time_tokens",
    "auth.flow_state",
    "auth.sessions.refresh_token_hmac_key",
    "auth.mfa_factors.secret",
    "auth.mfa_challenges.otp_code",
)
"""What Supabase keeps to recognise a user; none of it is about the user."""
