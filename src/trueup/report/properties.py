"""What a test's properties say of an invariant, whoever writes them."""

from trueup.model.run import Record
from trueup.report import phrase


def properties(record: Record) -> dict[str, str]:
    """What a test's properties tell of an invariant beside its verdict."""
    told = {
        "severity": record.severity,
        "verdict": str(record.verdict),
        "violations": str(record.unwaived),
        "judged": str(sum(record.judged.values())),
        "waived": str(record.waived) if record.waived else "",
        "maintenance": record.maintenance,
        "known": record.known,
        "owner": record.owner or "",
        "runbook": phrase.runbook(record),
        "fix": ", ".join(fix.path for fix in record.fixes),
        "tags": ", ".join(record.tags),
    }
    return {name: value for name, value in told.items() if value}
