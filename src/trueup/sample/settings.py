"""What planted faults say of a system's settings: beside its database, outweighing trueup.toml."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from msgspec import Struct, field

from trueup import settings
from trueup.sample.beside import Beside
from trueup.sample.faults import Fault


class Planted(Struct):
    """The settings that faults replace; `made_for` is the oid of the database they go with."""

    made_for: int | None
    settings: dict[str, object] = field(default_factory=dict)

    def save(self, file: Path) -> None:
        """Write it, whole or not at all."""
        unfinished = file.with_suffix(".new")
        kept = {"made_for": self.made_for, "settings": self.settings}
        unfinished.write_text(json.dumps(kept, default=str), encoding="utf-8")
        unfinished.replace(file)


class SettingsBeside(Beside[Planted]):
    """Every system that has faults may have one of its settings."""

    script: ClassVar[str] = "faults.py"

    @property
    def planted(self) -> Mapping[str, object]:
        """What stands in the place of the settings of those names."""
        return self.read(self.file).settings if self.file.exists() else {}

    def sound(self, made_for: int | None) -> Planted:
        return Planted(made_for)

    def read(self, file: Path) -> Planted:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return Planted(kept["made_for"], settings.read(kept["settings"]))

    def broken(self, kept: Planted, fault: Fault) -> None:
        kept.settings |= fault.settings
