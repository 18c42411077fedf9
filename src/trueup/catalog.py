"""The catalog: which invariants and fixes there are, and whether each pair is whole."""

import importlib.util
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeGuard, is_typeddict

from msgspec import Struct

from trueup import broken
from trueup.errors import CatalogError, TrueupError
from trueup.model.fix import PLAN_RESOURCES, Fix
from trueup.model.invariant import PREFIX, Declared, Invariant
from trueup.model.metric import Metric
from trueup.replica.asked import check_sql
from trueup.replica.names import column

if TYPE_CHECKING:
    from trueup.library.person import Person

INVARIANTS = "invariants"
FIXES = "fixes"
METRICS = "metrics.py"
PERSON = "person.py"
BESIDE = frozenset({METRICS, PERSON, "conftest.py"})
"""Files of a system that have no invariants."""

SUFFIX = "_test"
"""The other way to call a file that pytest looks at."""

LIBRARY = Path(__file__).parent / "library" / "fixes"

_LOADED: dict[Path, ModuleType] = {}
_ADOPTED: dict[tuple[Path, str], Invariant] = {}


class Catalog(Struct, frozen=True):
    """What is watched, system by system, each invariant with its fixes."""

    root: Path
    invariants: tuple[Invariant, ...]
    metrics: tuple[Metric, ...]

    def systems(self) -> tuple[str, ...]:
        """The systems that have invariants."""
        return tuple(dict.fromkeys(invariant.system for invariant in self.invariants))

    def of(self, system: str) -> tuple[Invariant, ...]:
        """The invariants of one system."""
        return tuple(found for found in self.invariants if found.system == system)

    def naming(self, fix: Fix, system: str) -> tuple[Invariant, ...]:
        """The invariants of a system that a fix is paired with."""
        return tuple(found for found in self.of(system) if fix.name in found.fixes)

    def fixes(self, invariant: Invariant) -> tuple[Fix, ...]:
        """The fixes of an invariant, in the order in which it names them."""
        return tuple(find_fix(self.root, invariant.system, name) for name in invariant.fixes)


@cache
def load(root: Path, systems: tuple[str, ...] = ()) -> Catalog:
    """
    Find every invariant and metric below `invariants/`, of all systems or those named.

    Raises CatalogError for a pair that is broken, SQL that does more than ask, two invariants of
    one name, one that nobody would look at, no invariants, be it in one of the files, and a module
    that cannot be imported.
    """
    folders = sorted(path for path in (root / INVARIANTS).glob("*/") if path.name[0] not in "._")
    chosen = [path for path in folders if not systems or path.name in systems]
    invariants = tuple(one for folder in chosen for one in _named_apart(_invariants(root, folder)))
    if not invariants:
        raise CatalogError(
            f"no invariants found below {INVARIANTS}/; write one, or go to its folder"
        )
    return Catalog(root, invariants, tuple(found for folder in chosen for found in metrics(folder)))


def modules(folder: Path) -> list[Path]:
    """
    The files of a system's invariants.

    Raises CatalogError for a file that nobody would look at, as there may be invariants in it.
    """
    own = sorted(folder.glob("[!_.]*"))
    files = [path for path in own if path.suffix == ".py" and path.name not in BESIDE]
    found = [path for path in files if path.stem.startswith(PREFIX) or path.stem.endswith(SUFFIX)]
    below = (path for place in own if place.is_dir() for path in place.rglob("*.py"))
    for path in (*files, *below):
        if path not in found:
            raise CatalogError(
                f"nobody looks at {path.relative_to(folder.parent)}: invariants stand in"
                f" {folder.name}/{PREFIX}….py, and what they share in a name that begins with _"
            )
    return found


def adopt(root: Path, found: Invariant, attribute: str, path: Path) -> Invariant:
    """
    Give an invariant its system and name, from where it stands.

    Raises CatalogError where it names no fix, a fix that is broken, what can be no column, or SQL
    that does more than ask.
    """
    system = path.parent.name
    adopted = found.named(system, attribute, path)
    if not adopted.fixes:
        raise CatalogError(f"{adopted.id} names no fix; every invariant is paired with one")
    for name in adopted.fixes:
        find_fix(root, system, name)
    _check_needs(adopted)
    check_sql(adopted)
    return adopted


def _check_needs(found: Invariant) -> None:
    """A column without its table is nowhere, and then the invariant would not apply."""
    for one in found.needs:
        try:
            column(one)
        except CatalogError as error:
            raise CatalogError(f"{found.id} needs what is none: {error}") from None


def metrics(folder: Path) -> tuple[Metric, ...]:
    """The metrics of one system, from its `metrics.py`, where it has one."""
    path = folder / METRICS
    if not path.is_file():
        return ()
    members = vars(_beside(path)).items()
    return tuple(found.named(folder.name, n) for n, found in members if isinstance(found, Metric))


def person(root: Path, system: str) -> "Person | None":
    """What is somebody's in a system, from its `person.py`; None where it has none."""
    path = root / INVARIANTS / system / PERSON
    if not path.is_file():
        return None
    from trueup.library.person import Person  # noqa: PLC0415  # opens the whole library

    found = getattr(_beside(path), "PERSON", None)
    if not isinstance(found, Person):
        raise CatalogError(f"{path.relative_to(root)} declares nobody; it needs PERSON = Person(…)")
    return found


@cache
def find_fix(root: Path, system: str, name: str) -> Fix:
    """
    The fix of that name: the system's own, or the library's.

    Raises CatalogError where there is none, or where its module lacks what a fix must say.
    """
    own, shared = root / FIXES / system / f"{name}.py", LIBRARY / f"{name}.py"
    for path, owner in ((own, system), (shared, "")):
        if path.is_file():
            return _fix(path, owner, root)
    raise CatalogError(f"{system}: there is no fix {name!r}; write {own.relative_to(root)}")


def serves_several(root: Path, system: str, fix: Fix) -> bool:
    """Whether more than one invariant of the system names the fix."""
    return _served(root, system)[fix.name] > 1


@cache
def _served(root: Path, system: str) -> Counter[str]:
    """How many invariants name each fix; counted once, since every violation asks."""
    return Counter(name for one in load(root, (system,)).invariants for name in one.fixes)


def loaded(path: Path) -> ModuleType | None:
    """The module at that path, where the catalog has imported it already."""
    return _LOADED.get(path)


def adopted(path: Path, attribute: str) -> Invariant | None:
    """An invariant of a module that was loaded, as the catalog has adopted it."""
    return _ADOPTED.get((path, attribute))


def by_id(root: Path, paths: Iterable[Path]) -> dict[str, Invariant]:
    """
    The invariants of these modules.

    Raises CatalogError where one of these is declared wrongly.
    """
    found = (one for path in paths for one in _of_module(root, path))
    return {one.id: one for one in _named_apart(found)}


def is_declared(found: object, attribute: str) -> TypeGuard[Invariant]:
    """
    Whether what a module has under a name is an invariant that is to be judged.

    Raises CatalogError for one that its name, a mark of pytest's or a class would leave out unseen.
    """
    if isinstance(found, type):
        _refuse_within(found)
        return False
    if not attribute.startswith(PREFIX):
        if isinstance(found, Invariant):
            raise CatalogError(f"{attribute} is an invariant; name it {PREFIX}{attribute}")
        return False
    if any(isinstance(one, Invariant) for one in _marked(found)):
        raise CatalogError(
            f"{attribute} has a mark of pytest's above @invariant; write tags=[…], which -k finds"
        )
    return isinstance(found, Invariant)


def _refuse_within(place: type) -> None:
    """Raise CatalogError for an invariant that a class has, or inherits: no list has it."""
    for base in place.__mro__:
        for attribute, one in vars(base).items():
            if isinstance(one, Invariant):
                raise CatalogError(
                    f"{attribute} is an invariant in the class {place.__name__}; take it out of it:"
                    " an invariant is a function of its module"
                )


def _marked(found: object) -> tuple[object, ...]:
    """What a mark that took no function keeps as its own words."""
    given = getattr(found, "args", ())
    return given if isinstance(given, tuple) else ()


def _named_apart(found: Iterable[Invariant]) -> Iterator[Invariant]:
    """Refuse two of one name: whatever is kept of an invariant is kept by its name."""
    known: dict[str, Invariant] = {}
    for one in found:
        refuse_same(known.setdefault(one.id, one), one)
        yield one


def refuse_same(one: Declared, other: Declared) -> None:
    """Raise CatalogError for two of one name that do not stand at the same place."""
    places = [f"{Path(each.path).name}:{each.line}" for each in (one, other)]
    if (one.path, one.line) != (other.path, other.line):
        raise CatalogError(
            f"{one.id} is declared twice, in {' and '.join(places)}; give one another name"
        )


def own_fixes(root: Path, system: str) -> tuple[Fix, ...]:
    """Every fix in a system's own folder, named by an invariant or not."""
    paths = sorted((root / FIXES / system).glob("[!_.]*.py"))
    return tuple(find_fix(root, system, path.stem) for path in paths)


def _invariants(root: Path, folder: Path) -> Iterator[Invariant]:
    for path in modules(folder):
        yield from _of_module(root, path)


def _of_module(root: Path, path: Path) -> Iterator[Invariant]:
    members = vars(_module(path)).items()
    own = {attribute: one for attribute, one in members if is_declared(one, attribute)}
    refuse_none(path, own)
    for attribute, one in own.items():
        at = (path, attribute)
        yield _ADOPTED.get(at) or _ADOPTED.setdefault(at, adopt(root, one, attribute, path))


def refuse_none(path: Path, found: Collection[object]) -> None:
    """Raise CatalogError for a file without any: its system would look like one that is checked."""
    if not found:
        raise CatalogError(
            f"{path.parent.name}/{path.name} has no invariant; write one, or move the file out of"
            f" {INVARIANTS}/"
        )


def _fix(path: Path, system: str, root: Path) -> Fix:
    module = _module(path)
    shown = (
        path.relative_to(root)
        if path.is_relative_to(root)
        else path.relative_to(LIBRARY.parents[2])
    )
    plan, at_most = getattr(module, "plan", None), getattr(module, "AT_MOST", None)
    if not module.__doc__ or not callable(plan) or not isinstance(at_most, int):
        raise CatalogError(
            f"{shown} is no fix; it needs a docstring, AT_MOST = a number, and plan()"
        )
    fix = Fix(
        name=path.stem,
        system=system,
        summary=module.__doc__.strip(),
        at_most=at_most,
        plan=plan,
        path=str(shown),
        undo=getattr(module, "UNDO", None),
        steps=bool(getattr(module, "STEPS", False)),
        row=row if is_typeddict(row := getattr(module, "Row", None)) else None,
    )
    for name in fix.asks:
        if name not in PLAN_RESOURCES:
            raise CatalogError(
                f"{shown}: plan asks for {name!r}; it may ask for {', '.join(PLAN_RESOURCES)}"
            )
    if "person" in fix.asks and person(root, system) is None:
        raise CatalogError(f"{shown}: plan asks for 'person'; write {INVARIANTS}/{system}/{PERSON}")
    return fix


def _beside(path: Path) -> ModuleType:
    """A module that has no invariants; raises CatalogError for one that nobody would look at."""
    module = _module(path)
    for attribute, found in vars(module).items():
        if isinstance(found, Invariant):
            raise CatalogError(
                f"{path.name} has an invariant, {attribute}; move it to a file {PREFIX}….py"
            )
    return module


def _module(path: Path) -> ModuleType:
    if path in _LOADED:
        return _LOADED[path]
    name = f"trueup_catalog.{path.parent.parent.name}.{path.parent.name}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CatalogError(f"{path.name} cannot be imported; is it a Python file?")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (KeyboardInterrupt, TrueupError):
        raise
    except BaseException as error:  # noqa: BLE001  # a module may do anything, even exit
        raise CatalogError(broken.told(error, path)) from None
    return _LOADED.setdefault(path, module)
