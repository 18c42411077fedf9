"""Recording a schema: the snapshot that drift is measured against, beside the invariants."""

import json
from pathlib import Path

from trueup.catalog import INVARIANTS
from trueup.config import Project
from trueup.library import schema
from trueup.suite.opened import Systems


def record(project: Project, environment: str, system: str) -> Path:
    """Write `invariants/<system>/schema.json` from the replica; gives its path from the root."""
    systems = Systems.of(project, environment, (system,))
    try:
        recorded = systems.asked(system, schema.record)
    finally:
        systems.close()
    path = Path(INVARIANTS) / system / schema.FILE
    text = json.dumps(recorded, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    (project.root / path).write_text(text, encoding="utf-8")
    return path
