"""
Delete a user with all that is theirs, as the law lets them ask.

Subscriptions, events and attempts to sign in go too, which the database would not let go of by
itself, and so do tokens that only have the e-mail, however it is spelt. Posts come under the name
of the editor of the settings. Recordings go through S3 where the environment names it as a service;
else they are steps for a person, as what Stripe knows always is. The journal keeps the keys of what
went, and nothing else of it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import quote, unquote, urlsplit

from trueup import Call, Delete, Steps, naive_utc
from trueup.library.erasure import erased
from trueup.library.person import Person
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

AT_MOST = 5000
UNDO = "a deletion for privacy keeps nothing that could be put back"

LOOSE = (
    ("LoginAttempt", "id", "email"),
    ("PasswordResetToken", "id", "email"),
    ("VerificationToken", "token", "identifier"),
)
"""Tables that have an e-mail and no account, the column that names a row, and the e-mail's."""

# The walk from the account goes by the e-mail as the account has it.
SPELT_OTHERWISE = """
    select loose.{key} as key
    from "{table}" as loose
    join "User" as account on lower(account.email) = lower(loose.{mail})
    where account.id = :user and loose.{mail} <> account.email
      and not exists (select from "User" as other where other.email = loose.{mail})
    order by loose.{key}
"""

S3 = "s3"
"""The service in trueup.toml that deletes recordings."""

RECORDINGS = """
    select answer."audioUrl" as url
    from "Response" as answer
    join "TestSession" as test on test.id = answer."sessionId"
    where test."userId" = :user
    order by answer.id
"""

PAID = """
    select string_agg(metadata ->> 'session', ', ' order by "createdAt") as sessions
    from "AnalyticsEvent"
    where "userId" = :user and "createdAt" >= :since
      and starts_with(metadata ->> 'session', 'cs_')
"""

ELSEWHERE = """
delete what is kept elsewhere of user {user}

In Stripe, search for metadata['userId']:'{user}' among customers and payments, and delete the
customer. Checkout sessions cannot be deleted; what they say of people goes with the customer.

Their checkouts of the last thirty days ({sessions}) now seem to have brought nobody anything: waive
each in every_paid_checkout_added_its_credits until thirty days after it.

Resend keeps what was sent to them, and Sentry their id, for as long as is set there.

select count(*) from "User" where id = {user:literal};  -- 0
"""


RECORDED = """
delete the recordings of user {user}

Their {recordings} answers each have one, and there may be others: aws s3 ls
s3://{bucket}/user-{user}/ --recursive

Delete them: aws s3 rm s3://{bucket}/user-{user}/ --recursive

trueup check ielts_eq --env production -k stored_recording
"""


class Row(TypedDict):
    """Who is deleted."""

    user_id: str


def plan(
    rows: Sequence[Violation],
    primary: Reader,
    *,
    person: Person,
    settings: Mapping[str, object],
    services: Collection[str],
    stripe: "Stripe | None",
    now: datetime,
) -> Iterator[Change]:
    """What is theirs is declared in invariants/ielts_eq/person.py, for the export as well."""
    for row in rows:
        who = row["user_id"]
        changes = list(
            erased(person, primary, who, settings=settings, services=services, stripe=stripe)
        )
        yield from changes
        if any(isinstance(change, Delete) for change in changes):
            yield from _spelt_otherwise(primary, who)
            recordings = list(_recordings(primary, who))
            if S3 in services:
                yield from (Call(S3, "DELETE", path) for path in recordings)
            elif recordings:
                bucket = recordings[0].split("/")[1]
                said = {"user": who, "bucket": bucket, "recordings": len(recordings)}
                yield written(RECORDED, said)
            yield _elsewhere(primary, who, now)


def _spelt_otherwise(primary: Reader, who: object) -> Iterator[Delete]:
    for table, key, mail in LOOSE:
        if primary.has_column(f"{table}.{mail}"):
            sql = SPELT_OTHERWISE.format(table=table, key=key, mail=mail)
            for loose in primary.rows(sql, user=who):
                yield Delete(table, key={key: loose["key"]})


def _recordings(primary: Reader, who: object) -> Iterator[str]:
    """The path of each, which begins with the bucket, whichever way its URL was written."""
    for answer in primary.rows(RECORDINGS, user=who):
        url = urlsplit(str(answer["url"]))
        host, _, rest = (url.hostname or "").partition(".")
        bucket = "" if host == "s3" or host.startswith("s3-") else f"/{host}"
        if rest.startswith("s3") or not bucket:
            yield bucket + quote(unquote(url.path))


def _elsewhere(primary: Reader, who: object, now: datetime) -> Steps:
    since = naive_utc(now - timedelta(days=30))
    [paid] = primary.rows(PAID, user=who, since=since)
    return written(ELSEWHERE, {"user": who, "sessions": paid["sessions"] or "none"})
