"""AIAS Platform's procedures, each with a row that an operator would type."""

from systems.procedure import Procedure

FAILED = """
    select id::text as execution_id from workflow_executions where status = 'failed' order by id
    limit 1
"""

FACELESS = """
    select id::text as user_id from auth.users as account
    where not exists (select from profiles where profiles.id = account.id) order by id limit 1
"""

PROCEDURES = (
    Procedure("retry_execution", FAILED),
    Procedure("create_missing_profiles", FACELESS),
)
