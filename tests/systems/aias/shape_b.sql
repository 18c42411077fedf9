-- Turns schema.sql, empty or filled, into shape (b): executions are those of automation workflows,
-- belong to nobody, and know no state in which they wait.

create table public.automation_workflows (
    id uuid not null default gen_random_uuid() constraint automation_workflows_pkey primary key,
    name text not null,
    created_at timestamptz default now()
);
alter table public.automation_workflows enable row level security;

insert into public.automation_workflows (id, name, created_at)
select id, name, created_at from public.workflows;

alter table public.workflow_executions rename to executions_before;

create table public.workflow_executions (
    id uuid not null default gen_random_uuid()
        constraint workflow_executions_b_pkey primary key,
    workflow_id uuid
        constraint workflow_executions_b_workflow_id_fkey
        references public.automation_workflows (id) on delete cascade,
    status text not null
        constraint workflow_executions_status_check
        check (status = any (array['running', 'completed', 'failed', 'cancelled'])),
    trigger_data jsonb,
    context jsonb,
    start_time timestamptz default now(),
    end_time timestamptz,
    error_message text
);
alter table public.workflow_executions enable row level security;

insert into public.workflow_executions (
    id, workflow_id, status, trigger_data, start_time, end_time, error_message
)
select id, workflow_id, status, input, started_at, completed_at, error ->> 'message'
from public.executions_before
where status <> 'pending';

drop table public.executions_before;
alter index public.workflow_executions_b_pkey rename to workflow_executions_pkey;
alter table public.workflow_executions
    rename constraint workflow_executions_b_workflow_id_fkey to workflow_executions_workflow_id_fkey;
