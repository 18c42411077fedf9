"""
Sweep away sessions and tokens that expired a week ago or earlier.

None of them lets anybody in any more, so nobody notices.
"""

from collections.abc import Iterator, Sequence

from trueup import Delete
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 20_000

TOKENS = """
    select token, md5(token) as digest
    from "VerificationToken"
    where md5(token) = any(:digests)
    order by token
"""


def plan(violations: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """One row each; a verification token has no id and is found by its digest."""
    digests = [one["id"] for one in violations if one["table"] == "VerificationToken"]
    asked = primary.rows(TOKENS, digests=digests) if digests else ()
    tokens = {row["digest"]: row["token"] for row in asked}
    for one in violations:
        key = {"token": tokens[one["id"]]} if one["id"] in tokens else {"id": one["id"]}
        yield Delete(str(one["table"]), key=key, expect={"expires": one["expires"]})
