"""
Invariants that every system shares, as builders: each returns one, to be named `test_…`.

Every builder takes `severity`, `fix`, `harm`, `runbook`, `owner`, `tags` and `may_be_empty`, and
has a default for each.
"""

from trueup.library.belongs import belongs
from trueup.library.migrations import every_migration_is_applied
from trueup.library.policies import every_policy_can_be_evaluated
from trueup.library.restore import (
    every_foreign_key_is_validated,
    no_index_is_invalid,
    no_sequence_is_behind_its_column,
    no_trigger_is_disabled,
)
from trueup.library.row_level_security import (
    every_table_has_row_level_security,
    no_policy_lets_everyone_write,
)
from trueup.library.schema import the_schema_is_the_one_we_recorded
from trueup.library.sessions import (
    connections_leave_headroom,
    no_query_runs_longer_than,
    no_session_sits_idle_in_a_transaction,
)

__all__ = [
    "belongs",
    "connections_leave_headroom",
    "every_foreign_key_is_validated",
    "every_migration_is_applied",
    "every_policy_can_be_evaluated",
    "every_table_has_row_level_security",
    "no_index_is_invalid",
    "no_policy_lets_everyone_write",
    "no_query_runs_longer_than",
    "no_sequence_is_behind_its_column",
    "no_session_sits_idle_in_a_transaction",
    "no_trigger_is_disabled",
    "the_schema_is_the_one_we_recorded",
]
