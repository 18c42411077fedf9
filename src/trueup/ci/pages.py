"""Publishing: refused where pages would be more public than the repository that they are about."""

from trueup.ci.github import GitHub
from trueup.errors import CiError

PUBLIC = "TRUEUP_PAGES_ARE_PUBLIC"


def require_public(github: GitHub, agreed: str) -> str:
    """
    Say that the pages may be published; raises CiError where that would make private things public.

    The Pages of a private repository are anybody's, unless its organisation says otherwise, which
    only GitHub Enterprise Cloud can.
    """
    if github.repository()["private"] and agreed != "true":
        raise CiError(
            "this repository is private and its Pages would be public: the reports anybody's;"
            f" where that is meant, or Pages are private too, set the variable {PUBLIC} to true"
        )
    return "the pages may be published"
