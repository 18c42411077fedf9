"""waivers.toml: read strictly, and added to without touching what is there."""

import json
import tomllib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from trueup import reading
from trueup.config import SAMPLE, Project
from trueup.errors import ConfigError
from trueup.history.waiver_entry import Entry
from trueup.model.waiver import LONGEST, Waiver

FILE = "waivers.toml"

WORDS = {
    "invariant": "names one as system.invariant, as `trueup list` prints them",
    "keys": 'lists the keys that are accepted, or is "all"',
    "owner": "is a name or a team; reports show it, so it is no e-mail address",
    "approver": "is a name or a team; reports show it, so it is no e-mail address",
    "last_day": "is a day, as in 2026-12-24",
    "reason": "says why this is accepted",
}


def of(project: Project, now: datetime) -> tuple[Waiver, ...]:
    """Read the waivers of a project; raises ConfigError as `read` and `refuse_nowhere` do."""
    found = read(project.root / FILE, now)
    for place, waiver in enumerate(found, 1):
        try:
            refuse_nowhere(waiver, project)
        except ConfigError as error:
            raise ConfigError(f"{FILE}: waiver {place}: {error}") from None
    return found


def refuse_nowhere(waiver: Waiver, project: Project) -> None:
    """
    Raise ConfigError for a waiver of a system or an environment that the project lacks.

    No run would heed it, and none would say that it matched nothing.
    """
    system = waiver.invariant.partition(".")[0]
    there = [*project.system(system).environments, SAMPLE]
    if waiver.environment not in (None, *there):
        raise ConfigError(
            f"{system} has no environment {waiver.environment!r}; it has {', '.join(there)}"
        )


def read(path: Path, now: datetime) -> tuple[Waiver, ...]:
    """
    Read the waivers of a file, none where there is no file.

    Raises ConfigError with one line that names the waiver, the key and what is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} cannot be read: {error}") from None
    return parse(text, now, path.name)


def parse(text: str, now: datetime, name: str = FILE) -> tuple[Waiver, ...]:
    """Read the waivers of a text; raises ConfigError as `read` does."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name} is not TOML: {error}") from None
    rows = raw.pop("waivers", [])
    if raw or not isinstance(rows, list):
        other = next(iter(raw), "waivers")
        raise ConfigError(f"{name}: {other} is not a key of it; a waiver begins with [[waivers]]")
    return tuple(_waiver(row, f"{name}: waiver {place}", now) for place, row in enumerate(rows, 1))


def add(path: Path, waiver: Waiver, now: datetime) -> str:
    """
    Append a waiver to the file and give the lines that were added.

    What is there keeps its order and its comments. Raises ConfigError, with the file as it was,
    where the waiver or the file is not as it must be.
    """
    try:
        before = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path.name} cannot be read; is it a file of text?") from None
    added = _lines(waiver)
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    parse(before + gap + added, now, path.name)
    if waiver.ends <= now:
        raise ConfigError(
            f"{waiver.last_day} is over, so nothing would be waived; name a later day"
        )
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(before + gap + added, encoding="utf-8")
        beside.replace(path)
    except (OSError, UnicodeEncodeError) as error:
        beside.unlink(missing_ok=True)
        raise ConfigError(f"{path.name} cannot be written: {error}") from None
    return added


def _lines(waiver: Waiver) -> str:
    keys = "all" if waiver.keys is None else sorted(waiver.keys)
    said: dict[str, object] = {
        "invariant": waiver.invariant,
        "keys": keys,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "approver": waiver.approver,
    }
    lines = [f"{name} = {_toml(value)}" for name, value in said.items()]
    lines += [f"last_day = {waiver.last_day}", f"zone = {_toml(waiver.zone)}"]
    lines += [f"environment = {_toml(waiver.environment)}"] if waiver.environment else []
    return "\n".join(["[[waivers]]", *lines, ""])


def _toml(value: object) -> str:
    """A string, or a list of them, as TOML writes it; that is JSON but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _waiver(row: object, where: str, now: datetime) -> Waiver:
    try:
        waiver = reading.read(row, Entry).waiver
    except reading.WrongError as error:
        raise ConfigError(f"{where}: {_words(error)}") from None
    today = now.astimezone(ZoneInfo(waiver.zone)).date()
    if waiver.last_day > today + LONGEST:
        raise ConfigError(
            f"{where}: last_day {waiver.last_day} is {(waiver.last_day - today).days} days away; "
            f"at most {LONGEST.days} may be, so write {today + LONGEST} or earlier"
        )
    return waiver


def _words(error: reading.WrongError) -> str:
    if not error.keys:
        return error.said
    key = str(error.keys[0])
    if error.said == reading.UNKNOWN:
        return f"{key} {error.said}"
    if error.said == reading.MISSING:
        return f"{key} {error.said}; it {WORDS[key]}"
    return f"{key} {WORDS.get(key, 'is not what it must be')}"
