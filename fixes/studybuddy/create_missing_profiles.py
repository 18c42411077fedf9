"""
Give each user without a profile the one that the sign-up trigger would have made.

Name and e-mail come from auth.users as they are today; what the user had told their old profile
is not brought back.
"""

from collections.abc import Iterator, Sequence

from trueup import Insert
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

ACCOUNTS = """
    select id, email,
           coalesce(raw_user_meta_data ->> 'display_name', split_part(email, '@', 1)) as name
    from auth.users
    where id = any(:users)
    order by id
"""


def plan(violations: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """One profile each; everything that sign-up leaves to a default is left to it here too."""
    asked = primary.rows(ACCOUNTS, users=[user["id"] for user in violations])
    accounts = {account["id"]: account for account in asked}
    for user in violations:
        account = accounts[user["id"]]
        yield Insert(
            "profiles",
            {
                "user_id": account["id"],
                "email": account["email"],
                "display_name": account["name"],
            },
        )
