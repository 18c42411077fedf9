"""What all builders share: defaults, and a word in everything."""

import pytest

import trueup.library
from trueup.errors import CatalogError
from trueup.library import belongs, no_index_is_invalid, no_query_runs_longer_than


def test_what_can_be_imported_is_what_is_listed() -> None:
    listed = trueup.library.__all__

    assert listed == sorted(listed, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(trueup.library, name) for name in listed)


def test_a_builder_has_a_default_for_everything() -> None:
    found = belongs("ai_jobs.user_id", "auth.users.id")

    assert (found.severity, found.fixes) == ("P2", ("delete_orphaned_rows",))
    assert found.over == {"ai_jobs": "ai_jobs"}
    assert found.harm.startswith("Rows of ai_jobs outlived what ai_jobs.user_id names")


def test_whoever_switches_it_on_has_the_last_word() -> None:
    found = no_index_is_invalid(
        severity="P3",
        fix=("mine", "rebuild_index"),
        harm="Slow.",
        runbook="restore",
        owner="data",
        tags=["night"],
        may_be_empty=True,
    )

    assert (found.severity, found.fixes, found.harm) == ("P3", ("mine", "rebuild_index"), "Slow.")
    assert (found.runbook, found.owner, found.tags) == ("restore", "data", ("night",))
    assert found.may_be_empty


def test_two_invariants_of_one_builder_do_not_share_their_harm() -> None:
    one, other = no_query_runs_longer_than(harm="One."), no_query_runs_longer_than(harm="Other.")

    assert (one.harm, other.harm) == ("One.", "Other.")


@pytest.mark.parametrize("child", ["user_id", "ai_jobs", "a.b.c.d", "ai_jobs. user_id"])
def test_a_reference_that_is_no_column_is_refused(child: str) -> None:
    with pytest.raises(CatalogError, match="is no column"):
        belongs(child, "auth.users.id")


def test_an_unknown_severity_is_refused() -> None:
    with pytest.raises(CatalogError, match="has severity 'urgent'"):
        no_index_is_invalid(severity="urgent")
