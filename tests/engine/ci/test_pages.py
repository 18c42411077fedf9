"""Publishing: never more public than the repository, unless somebody says that it is meant."""

import pytest

from trueup.ci import actions, github, pages
from trueup.errors import CiError


@pytest.mark.parametrize("agreed", ["", "false", "yes"])
def test_pages_of_a_private_repository_are_refused(repository, agreed: str) -> None:
    with github.opened(actions.here()) as asked, pytest.raises(CiError, match=pages.PUBLIC):
        pages.require_public(asked, agreed)


def test_pages_that_are_meant_to_be_public_are_not(repository) -> None:
    with github.opened(actions.here()) as asked:
        assert pages.require_public(asked, "true") == "the pages may be published"


def test_pages_of_a_public_repository_are_not(repository) -> None:
    repository.private = False
    with github.opened(actions.here()) as asked:
        assert pages.require_public(asked, "") == "the pages may be published"
