"""Procedures: rows from an operator, named, converted and checked."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypedDict
from uuid import UUID

import pytest

from engine.primary.desk import Desk, must
from trueup import Update
from trueup.errors import PlanError, ProofError
from trueup.model.fix import Fix
from trueup.primary import typed

ADA = UUID("00000000-0000-0000-0000-000000000001")


class Row(TypedDict):
    """What an operator types."""

    user_id: UUID
    credits: int
    kind: Literal["gift", "refund"]
    price: Decimal | None
    until: datetime | None


def add_credits(rows, primary):
    for row in rows:
        [user] = primary.rows('select credits from "User" where id = :id', id=row["user_id"])
        yield Update(
            "User",
            key={"id": row["user_id"]},
            expect={"credits": user["credits"]},
            set={"credits": user["credits"] + row["credits"]},
        )


FIX = Fix(
    name="add_credits",
    system="shop",
    summary="Add.",
    plan=add_credits,
    path=add_credits.__code__.co_filename,
    at_most=10,
    row=Row,
)


def test_words_become_values_of_their_types() -> None:
    [row] = typed.checked(
        FIX,
        typed.from_words([f"user_id={ADA}", "credits=10", "kind=gift", "until=2026-11-02T12:00Z"]),
    )

    assert dict(row) == {
        "user_id": ADA,
        "credits": 10,
        "kind": "gift",
        "price": None,
        "until": datetime(2026, 11, 2, 12, tzinfo=UTC),
    }


def test_a_file_has_a_row_a_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"\ufeffuser_id,credits,kind,price\n{ADA},5,refund,\n{ADA},6,gift,9.90\n")

    rows = typed.checked(FIX, typed.from_file(path))

    assert [(row["credits"], row["price"]) for row in rows] == [(5, None), (6, Decimal("9.90"))]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["credits"], "'credits' is no column=value, as in user_id=7"),
        (["credits=1", "credits=2"], "credits is given twice"),
        (["credits=ten"], "row 1: credits: input should be a valid integer"),
        (["credits=1", "kind=gift"], "row 1: user_id is missing; it takes user_id: UUID, credits"),
        (["colour=red"], "there is no column 'colour'; it takes user_id: UUID, credits: int"),
        (["kind=loan"], "kind: input should be 'gift' or 'refund', and it is 'loan'"),
    ],
)
def test_what_does_not_fit_is_named_with_its_value(words: list[str], says: str) -> None:
    fields = {"user_id": str(ADA), "credits": "1", "kind": "gift"}
    given = typed_or_defaults(words, fields)

    with pytest.raises(PlanError) as caught:
        typed.checked(FIX, typed.from_words(given))

    assert says in str(caught.value)


def typed_or_defaults(words: list[str], fields: dict[str, str]) -> list[str]:
    """The words; with the other columns where they would hide what is wrong."""
    if words == ["credits=1", "kind=gift"] or "=" not in words[0]:
        return words
    named = {word.partition("=")[0] for word in words}
    return [*words, *(f"{name}={value}" for name, value in fields.items() if name not in named)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no rows; its first line names the columns"),
        ("user_id,credits\n", "has no rows; its first line names the columns"),
        ("user_id,credits,user_id\n1,2,3\n", "the column 'user_id' is named twice"),
        ("user_id,credits\n1,2,3\n", "line 2: has more values than columns"),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(text)

    with pytest.raises(PlanError, match=says):
        typed.from_file(path)


def test_a_procedure_goes_there_and_back_like_any_fix(desk: Desk) -> None:
    sound = desk.text()
    rows = typed.checked(FIX, typed.from_words([f"user_id={ADA}", "credits=10", "kind=gift"]))

    plan = desk.plan(add_credits, rows=rows, row=Row)
    applied = desk.apply(plan)
    assert desk.rows('select credits from "User" order by id') == [(15,), (0,)]
    assert (applied.exit_code, desk.apply(plan).exit_code) == (0, 0)
    assert desk.rows('select credits from "User" order by id') == [(15,), (0,)]

    desk.apply(desk.undo(applied.entries[0]))
    assert desk.text() == sound


def test_a_procedure_that_would_break_an_invariant_is_rolled_back(desk: Desk) -> None:
    desk.watched.append(
        must("nobody_is_rich", 'select id from "User" where credits > 10', over="User")
    )
    rows = typed.checked(FIX, typed.from_words([f"user_id={ADA}", "credits=10", "kind=gift"]))

    with pytest.raises(ProofError, match="nobody_is_rich would be newly violated"):
        desk.apply(desk.plan(add_credits, rows=rows, row=Row))


def test_what_cannot_be_undone_leaves_only_its_keys_in_the_journal(desk: Desk) -> None:
    rows = typed.checked(FIX, typed.from_words([f"user_id={ADA}", "credits=10", "kind=gift"]))

    desk.apply(desk.plan(add_credits, rows=rows, row=Row, undo="it is gone"))

    assert desk.rows("select key, before, after from trueup.journal_rows") == [
        ({"id": str(ADA)}, None, None)
    ]
