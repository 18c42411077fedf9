"""What somebody typed into the form: read with care, refused in public, saved with its digest."""

import pytest

from trueup.ci import actions, dispatch, github
from trueup.errors import CiError, ConfigError, PlanError

GIVEN = {
    "TRUEUP_SYSTEM": "studybuddy",
    "TRUEUP_ENVIRONMENT": "staging",
    "TRUEUP_FIX": "enable_user",
    "TRUEUP_REASON": "asked for",
}


def test_what_was_typed_is_read() -> None:
    asked = dispatch.read(GIVEN | {"TRUEUP_ROWS": " user_id=7 "})

    assert (asked.system, asked.fix, asked.rows, asked.undo) == (
        "studybuddy",
        "enable_user",
        "user_id=7",
        "",
    )


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"TRUEUP_SYSTEM": ""}, "the form says no system"),
        ({"TRUEUP_FIX": ""}, "a fix or for an undo"),
        ({"TRUEUP_UNDO": "7"}, "a fix or for an undo"),
        ({"TRUEUP_FIX": "", "TRUEUP_UNDO": "7; rm"}, "'7; rm' is no journal entry"),
    ],
)
def test_a_form_that_says_too_little_is_refused(changed: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        dispatch.read(GIVEN | changed)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", ()),
        ('user_id=7 reason="a b"', ({"user_id": "7", "reason": "a b"},)),
        (
            "user_id,credits\n7,10\n8,20",
            ({"user_id": "7", "credits": "10"}, {"user_id": "8", "credits": "20"}),
        ),
    ],
)
def test_rows_are_words_or_a_table(text: str, rows: object) -> None:
    assert dispatch.rows(text) == rows


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("user_id=7 reason='", ConfigError, "a quotation mark without its other"),
        ("$(id)", PlanError, r"'\$\(id\)' is no column=value"),
        ("user_id\n7,8", PlanError, "more values than columns"),
    ],
)
def test_rows_that_are_none_are_refused(text: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        dispatch.rows(text)


def test_a_public_repository_gets_no_plan(repository) -> None:
    repository.private = False
    with (
        github.opened(actions.here()) as asked,
        pytest.raises(CiError, match="repository is public"),
    ):
        dispatch.require_private(asked)

    repository.private = True
    with github.opened(actions.here()) as asked:
        dispatch.require_private(asked)
    assert repository.requests[-1] == "GET /repos/acme/shop"
