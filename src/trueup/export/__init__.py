"""All that is one person's, in a file: asked in one snapshot of the replica, printed nowhere."""

from datetime import datetime
from pathlib import Path

from msgspec import Struct

from trueup import catalog
from trueup.config import Project
from trueup.errors import ConfigError, PersonError
from trueup.export.document import Told, document
from trueup.export.file import whole
from trueup.export.objects import listed
from trueup.library.belongings import Belongings
from trueup.library.shape import Shape
from trueup.replica.reader import Reader
from trueup.report.phrase import plural
from trueup.suite.opened import Systems


class Asked(Struct, frozen=True, kw_only=True):
    """Whose data is wanted, from where, and in which file."""

    system: str
    environment: str
    who: str
    out: Path
    force: bool = False


class Exported(Struct, frozen=True, kw_only=True):
    """How much was written: rows by table, what was left out, and as of when."""

    as_of: datetime
    told: Told


def export(project: Project, asked: Asked) -> Exported:
    """
    Write the file, whole or not at all.

    Raises ConfigError where the system declares nobody or the file is there already, PersonError
    where the account is not, ReplicaError where the replica cannot be read or is stale.
    """
    project.system(asked.system)
    person = catalog.person(project.root, asked.system)
    if person is None:
        home = f"{catalog.INVARIANTS}/{asked.system}/{catalog.PERSON}"
        raise ConfigError(f"{asked.system} does not say what is somebody's; write {home}")
    if asked.out.exists() and not asked.force:
        raise ConfigError(f"{asked.out} is there already; --force writes over it")
    systems = Systems.of(project, asked.environment, (asked.system,))
    try:
        _require_fresh(systems, asked.system)
        now = systems.sources.moment(None).now
        objects = listed(person, asked.who, systems.resources(asked.system, now, ("storage",)))
        with whole(asked.out, over=asked.force) as file:
            about = _about(asked, now)

            def write(reader: Reader) -> Told:
                # Where the connection is lost, it is written again from the beginning.
                found = Belongings(reader, Shape(reader, person), asked.who)
                found.require_declared()
                return document(reader, found, about, objects, file.begin())

            told = systems.asked(asked.system, write)
    finally:
        systems.close()
    return Exported(as_of=now, told=told)


def _about(asked: Asked, as_of: datetime) -> dict[str, object]:
    return {
        "system": asked.system,
        "environment": asked.environment,
        "person": asked.who,
        "as_of": as_of.isoformat(),
    }


def words(asked: Asked, exported: Exported) -> str:
    """How much was written, and what was not; nothing of what is in it."""
    told = exported.told
    tables = {label: rows for label, rows in told.rows.items() if rows}
    rows, keys = sum(tables.values()), sum(told.keys.values())
    moment = f"{exported.as_of:%Y-%m-%d %H:%M} UTC"
    wrote = f"{plural(rows, 'row')} of {plural(len(tables), 'table')}"
    lines = [f"wrote {wrote} to {asked.out}, as of {moment}"]
    if keys:
        named = f"{plural(keys, 'key')} of others' rows that name the person"
        lines.append(f"the file has {named}, and nothing else of them")
    lines += [f"not listed: objects of {name}, {why}" for name, why in told.unlisted.items()]
    if told.left_out:
        lines.append(f"left out as secrets: {', '.join(sorted(told.left_out))}; the file says what")
    return "\n".join(lines)


def _require_fresh(systems: Systems, system: str) -> None:
    said = systems.record(system)
    if said.freshness and said.reason:  # without a session the question itself tells why
        raise PersonError(f"the replica may lack what is newest: {said.reason}; nothing is written")
