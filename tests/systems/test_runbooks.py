"""Runbooks: whoever is woken finds every invariant, every fix, and what became of the old page."""

import re
import shlex

import pytest

from systems import scenes
from trueup import catalog
from trueup.listing.renamed import renamed
from trueup.listing.runbook import anchor, page, sections
from trueup.listing.serving import serving

CATALOG = catalog.load(scenes.ROOT)

SYSTEMS = CATALOG.systems()

_ROW = re.compile(r"^\|(.+)\|(.+)\|$", re.MULTILINE)

_TYPED = re.compile(r"[Pp]lan\s+`?(\w+\.\w+)(.*?)(?=\n\n|\bplan\b)", re.DOTALL)
"""A fix that a text tells somebody to plan, and what comes after it in its paragraph."""

_FIX = re.compile(r"`(\w+)`( \(steps\))?")


def text(system: str) -> str:
    return (scenes.ROOT / page(system)).read_text(encoding="utf-8")


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_page_names_every_invariant_and_every_fix(system: str) -> None:
    said = set(re.findall(r"\w+", text(system)))
    known = {found.name for found in CATALOG.of(system)}
    known |= {fix.name for fix in serving(CATALOG, system)}

    assert known - said == set()


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_invariant_leads_to_a_section_of_the_page(system: str) -> None:
    there = sections(scenes.ROOT, system)

    lost = {found.name: found.runbook for found in CATALOG.of(system) if found.runbook not in there}

    assert lost == {}


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_invariant_stands_beside_its_fixes_and_which_of_them_only_print_steps(
    system: str,
) -> None:
    known = {
        found.name: {fix.name: fix.steps for fix in CATALOG.fixes(found)}
        for found in CATALOG.of(system)
    }

    said = {
        name: {fix: bool(steps) for fix, steps in _FIX.findall(fixes)}
        for what, fixes in _ROW.findall(text(system))
        for name in re.findall(r"`(\w+)`", what)
        if name in known
    }

    assert said == known


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_typed_for_a_procedure_has_the_columns_of_its_row(system: str) -> None:
    joined = text(system).replace("\\\n", " ")
    commands = re.findall(r"^ *trueup plan (.*)$|`trueup plan ([^`]*)`", joined, re.MULTILINE)

    wrong = []
    for named, *words in (shlex.split(block or within) for block, within in commands):
        row = catalog.find_fix(scenes.ROOT, *named.split(".")).row
        typed = {word.partition("=")[0] for word in words if "=" in word}
        if not typed <= set(row.__annotations__ if row else ()):
            wrong.append((named, typed))

    assert len(commands) > 2
    assert wrong == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_steps_tell_somebody_to_type_has_the_columns_of_its_row(system: str) -> None:
    wrong = []
    for path in sorted((scenes.ROOT / "fixes" / system).glob("*.py")):
        for named, said in _TYPED.findall(path.read_text(encoding="utf-8")):
            row = catalog.find_fix(scenes.ROOT, *named.split(".")).row
            typed = set(re.findall(r"\b(\w+)=", said))
            if not typed <= set(row.__annotations__ if row else ()):
                wrong.append((path.stem, named, typed))

    assert wrong == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_links_within_the_page_lead_somewhere(system: str) -> None:
    there = sections(scenes.ROOT, system)

    assert set(re.findall(r"\]\(#([\w-]+)\)", text(system))) - set(there) == set()


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_part_of_the_old_runbook_has_a_home(system: str) -> None:
    _, _, last = text(system).rpartition("\n## ")
    heading, _, table = last.partition("\n")
    rows = [(old.strip(), now.strip()) for old, now in _ROW.findall(table)][2:]

    assert "went" in heading
    assert len(rows) >= 5
    assert [old for old, now in rows if not old or len(now) < 3] == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_was_renamed_or_bettered_is_here_under_the_name_that_is_said(system: str) -> None:
    known = {found.name for found in CATALOG.of(system)}
    known |= {fix.name for fix in serving(CATALOG, system)}

    said = renamed(scenes.ROOT, system)

    assert {name for one in said.values() for name in one.here} - known == set()
    assert all(one.here or owed not in known for owed, one in said.items())


@pytest.mark.parametrize(
    ("heading", "is_"),
    [
        ("Stuck AI jobs", "stuck-ai-jobs"),
        ("Can't sign in: what to do", "cant-sign-in-what-to-do"),
        ("`credits` & refunds", "credits--refunds"),
        ("No user_id, twice", "no-user_id-twice"),
    ],
)
def test_an_anchor_is_the_one_that_the_page_gets_where_it_is_shown(heading: str, is_: str) -> None:
    assert anchor(heading) == is_
