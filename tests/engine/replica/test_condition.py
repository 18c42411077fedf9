"""What a plan's condition says: columns, and what they are compared with; never a value."""

import pytest

from trueup.replica.condition import Compared, columns, compared

LATE = "(jobs.updated_at < '2026-11-02 12:00:00+00'::timestamp with time zone)"


@pytest.mark.parametrize(
    ("condition", "named"),
    [
        ("(jobs.status = 'run.ning'::text)", ["jobs.status"]),
        (f"((jobs.status = 'it''s a.b'::text) AND {LATE})", ["jobs.status", "jobs.updated_at"]),
        (r"(jobs.note ~~ E'\\a.b\'c.d%'::text)", ["jobs.note"]),
        ('("User"."isBlocked" AND (NOT "User".a_b))', ['"User"."isBlocked"', '"User".a_b']),
        ("(public.lower(jobs.a) = 'x'::public.citext)", ["jobs.a"]),
        ('(jobs.a = \'x.y\'::"My Schema"."My Type")', ["jobs.a"]),
        ("(jobs.a = ANY ('{a.b,c.d}'::text[]))", ["jobs.a"]),
        ("(jobs.price > 1.5)", ["jobs.price"]),
        ("(b.a_id = a.id)", ["b.a_id", "a.id"]),
        ("", []),
    ],
)
def test_only_columns_are_named(condition: str, named: list[str]) -> None:
    assert columns(condition) == named


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("(jobs.n = 5)", [Compared("n", "=", "5")]),
        ("(5 = jobs.n)", [Compared("n", "=", "5")]),
        ("(jobs.n >= '-5'::integer)", [Compared("n", "<", "'-5'::integer")]),
        ("('5'::bigint > jobs.n)", [Compared("n", "<", "'5'::bigint")]),
        ("(jobs.n = ANY ('{1,2}'::integer[]))", [Compared("n", "=")]),
        ("(jobs.owner = o.id)", [Compared("owner", "=")]),
        ("(o.id = jobs.owner)", [Compared("owner", "=")]),
        ("(jobs.gone IS NOT NULL)", [Compared("gone", "is not null")]),
        ("((jobs.k)::text = 'a) AND (b'::text)", [Compared("k", "=", "'a) AND (b'::text", True)]),
        ('(jobs."Of" = \'x\'::text)', [Compared('"Of"', "=", "'x'::text")]),
        (
            "((jobs.gone IS NULL) AND (jobs.n = 5))",
            [Compared("gone", "is null"), Compared("n", "=", "5")],
        ),
    ],
)  # fmt: skip
def test_a_column_is_compared_with_a_constant_or_another_table(condition, found) -> None:
    assert compared(condition, "jobs") == found


@pytest.mark.parametrize(
    "condition",
    [
        "(jobs.a = jobs.b)",
        "(lower(jobs.a) = 'x'::text)",
        "(jobs.a <> 'x'::text)",
        "((jobs.n % 7) = 5)",
        "((jobs.a = 'x'::text) OR (jobs.n = 5))",
        "((jobs.n = 5) AND (jobs.a ~~ '%x'::text))",
        "(o.n = 5)",
        "jobs.is_new",
        "(jobs.n = (InitPlan 1).col1)",
        "((jobs.price)::numeric = 1.5)",
    ],
)
def test_what_is_anything_else_is_left_alone(condition: str) -> None:
    assert compared(condition, "jobs") is None
