-- Turns schema.sql, empty or filled, into the third that the system's history has: the id of an
-- execution is a text, and none is ever cancelled.

update public.workflow_executions set status = 'failed' where status = 'cancelled';

alter table public.workflow_executions
    alter column id drop default,
    alter column id type text using 'exec_' || id::text,
    alter column status type text,
    add constraint workflow_executions_status_check
        check (status = any (array['pending', 'running', 'completed', 'failed']));
