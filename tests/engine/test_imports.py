"""A run cannot reach code that writes: the imports are walked, every one of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import trueup

SOURCE = Path(trueup.__file__).parent
ORDER = (
    ("errors",),
    ("model",),
    (
        "clock",
        "progress",
        "quiet",
        "broken",
        "leaving",
        "masks",
        "command",
        "reading",
        "settings",
        "config",
        "signature",
        "planfile",
        "http_client",
    ),
    ("replica",),
    ("readers",),
    ("library",),
    ("catalog", "evaluate"),
    ("ahead",),
    ("history",),
    ("report",),
    ("sample",),
    ("environment",),
    ("suite",),
    ("primary",),
    ("mending",),
    ("ci",),
    ("listing", "doctor", "export", "demo", "play"),
    ("pytest_plugin", "cli"),
)
"""The rooms, lowest first: a room imports from its own and from lower ones, never from higher."""

MAY_WRITE = {"ci", "cli", "mending", "primary"}


def modules() -> dict[str, Path]:
    found = {}
    for path in SOURCE.rglob("*.py"):
        name = ".".join(("trueup", *path.relative_to(SOURCE).with_suffix("").parts))
        found[name.removesuffix(".__init__")] = path
    return found


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def graph() -> dict[str, set[str]]:
    known = modules()
    found: dict[str, set[str]] = {}
    for name, path in known.items():
        said = {imported for imported in imports(path) if imported.startswith("trueup")}
        found[name] = {one if one in known else one.rpartition(".")[0] for one in said}
    return found


def reachable(start: str, known: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += known.get(name, ())
    return seen


@pytest.mark.parametrize("start", ["trueup.pytest_plugin", "trueup.evaluate"])
def test_a_run_cannot_reach_the_code_that_writes(start: str) -> None:
    reached = reachable(start, graph())

    assert "trueup.model.verdict" in reached
    assert not {name for name in reached if name.startswith("trueup.primary")}


def test_only_the_command_line_and_its_rooms_import_the_code_that_writes() -> None:
    writers = {
        name.split(".")[1]
        for name, said in graph().items()
        if any(one.startswith("trueup.primary") for one in said)
    }

    assert writers <= MAY_WRITE


def test_imports_point_one_way() -> None:
    rank = {room: place for place, rooms in enumerate(ORDER) for room in rooms}
    upward = [
        f"{name} imports {imported}"
        for name, said in graph().items()
        for imported in said
        if name != "trueup" and imported != "trueup"
        if rank[imported.split(".")[1]] > rank[name.split(".")[1]]
    ]

    assert upward == []
