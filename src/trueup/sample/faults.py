"""Faults: what can go wrong in a system, as SQL that plants it and keys that it must name."""

from collections.abc import Callable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from msgspec import Struct, field

from trueup.errors import SampleError
from trueup.sample.site.site import Site
from trueup.sample.stripe.account import Account


class Fault(Struct, frozen=True, kw_only=True):
    """
    One way to break one invariant.

    `keys` are the violations that must be named, exactly; `near_misses` plants rows that must not
    be. `also` lists the other invariants that the same rows truly break, with their keys. `stripe`
    does to the stand-in's account what SQL cannot, and `site` to what the addresses answer.
    `settings` stand in the place of those of the same name in trueup.toml.
    """

    name: str
    invariant: str
    plant: str
    keys: frozenset[str]
    near_misses: str = ""
    also: Mapping[str, frozenset[str]] = field(default_factory=dict)
    stripe: Callable[[Account], None] | None = None
    site: Callable[[Site], None] | None = None
    settings: Mapping[str, object] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.name, self.invariant))


def load(folder: Path) -> tuple[Fault, ...]:
    """Read `FAULTS` out of the `faults.py` of a system's folder, which is imported by its path."""
    path = folder / "faults.py"
    spec = spec_from_file_location(f"trueup_faults_of_{folder.name}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise SampleError(f"there is no {path}; a system's faults are kept there")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    faults = getattr(module, "FAULTS", None)
    if not isinstance(faults, tuple | list) or not all(isinstance(each, Fault) for each in faults):
        raise SampleError(f"{path} has no FAULTS; it is a tuple of Fault")
    _check(path, tuple(faults))
    return tuple(faults)


def _check(path: Path, faults: tuple[Fault, ...]) -> None:
    seen: set[str] = set()
    for fault in faults:
        if not fault.name.isidentifier() or fault.name != fault.name.lower():
            raise SampleError(f"{path} names a fault {fault.name!r}; write it in snake_case")
        if fault.name in seen:
            raise SampleError(f"{path} has two faults named {fault.name!r}; rename one")
        if fault.invariant.startswith("test_"):
            raise SampleError(
                f"{path}: fault {fault.name!r} names its invariant with test_; omit it"
            )
        seen.add(fault.name)
