-- What Trueup changed, kept where it was changed: rows are added, and never changed or removed.
-- Run by the role that will own it, which must not be the fixer; {fixer} is the fixer's role, {fixer_name} the same as text.

create schema if not exists trueup;

create table if not exists trueup.journal (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    system text not null,
    fix text not null,
    kind text not null check (kind in ('apply', 'undo')),
    undoes bigint references trueup.journal,
    digest text not null,
    batch int not null,
    planned int not null,
    "by" text not null,
    applied_by text not null,
    approved_by text,
    reason text not null,
    environment text not null,
    code text not null,
    as_of timestamptz not null,
    no_undo text,
    login text not null default session_user
);
-- A journal of an earlier Trueup gains what it lacks.
alter table trueup.journal drop column if exists batches;
alter table trueup.journal add column if not exists planned int not null default 0;
alter table trueup.journal add column if not exists applied_by text not null default '';
alter table trueup.journal add column if not exists approved_by text;
create index if not exists journal_digest on trueup.journal (digest);
create index if not exists journal_undoes on trueup.journal (undoes) where undoes is not null;

create table if not exists trueup.journal_rows (
    entry bigint not null references trueup.journal,
    seq int not null,
    change int,
    relation text not null,
    op text not null check (op in ('update', 'insert', 'delete')),
    cause text not null check (cause in ('change', 'cascade', 'trigger')),
    key jsonb not null,
    before jsonb,
    after jsonb,
    primary key (entry, seq)
);

create table if not exists trueup.journal_proofs (
    id bigint generated always as identity primary key,
    entry bigint not null references trueup.journal,
    at timestamptz not null default clock_timestamp(),
    place text not null check (place in ('transaction', 'replica', 'primary')),
    invariant text not null,
    verdict text not null,
    detail text not null,
    mended jsonb not null
);
-- Long lists of keys: to compress them would take longer than all else of a batch.
alter table trueup.journal_proofs alter column mended set storage external;
create index if not exists journal_proofs_entry on trueup.journal_proofs (entry);

-- What is called outside is written down before, with the changes; what came of it, after.
create table if not exists trueup.journal_calls (
    entry bigint not null references trueup.journal,
    seq int not null,
    change int not null,
    service text not null,
    method text not null,
    path text not null,
    body jsonb,
    back jsonb,
    idempotency_key text not null,
    primary key (entry, seq)
);

create table if not exists trueup.journal_call_states (
    id bigint generated always as identity primary key,
    entry bigint not null,
    seq int not null,
    at timestamptz not null default clock_timestamp(),
    state text not null check (state in ('begun', 'done', 'failed')),
    status int,
    detail text not null,
    reference text not null,
    foreign key (entry, seq) references trueup.journal_calls
);
create index if not exists journal_call_states_call on trueup.journal_call_states (entry, seq, id);

-- What the schema had before and after; an undo creates again what `before` says.
create table if not exists trueup.journal_alterations (
    entry bigint not null references trueup.journal,
    seq int not null,
    change int not null,
    kind text not null,
    relation text not null,
    name text not null,
    before text,
    after text,
    primary key (entry, seq)
);

-- What was forgotten, and when: rows, calls and keys of entries that were older than `before`.
create table if not exists trueup.journal_forgotten (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    before timestamptz not null,
    "by" text not null,
    login text not null default session_user
);

-- Who mended what, for the report of a run: nothing of a row, and no reason, which may name people.
-- Replaced, so that whoever may read it still may; a new column comes last, or it could not be.
create or replace view trueup.applied with (security_barrier) as
select
    j.id, j.at, j.system, j.environment, j.fix, j.undoes, j.applied_by, j.approved_by,
    (select count(*) from trueup.journal_rows r where r.entry = j.id) as rows,
    (select count(*) from trueup.journal_calls c where c.entry = j.id) as calls,
    array(
        select p.invariant || ': ' || p.verdict || ', ' || p.place
        from trueup.journal_proofs p where p.entry = j.id order by p.id
    ) as proofs,
    (select count(*) from trueup.journal_alterations a where a.entry = j.id) as alterations
from trueup.journal j;

create or replace function trueup.refuse() returns trigger
    language plpgsql set search_path = '' as $$
begin
    raise exception 'the journal is append-only' using errcode = 'insufficient_privilege';
end
$$;

do $$
declare
    relation text;
begin
    foreach relation in array array[
        'journal', 'journal_rows', 'journal_proofs', 'journal_calls', 'journal_call_states',
        'journal_alterations', 'journal_forgotten'
    ]
    loop
        execute format(
            'create or replace trigger append_only before update or delete or truncate on trueup.%I'
            ' for each statement execute function trueup.refuse()', relation
        );
        -- Always: an undo keeps triggers quiet, and this one must not be.
        execute format('alter table trueup.%I enable always trigger append_only', relation);
        execute format('alter table trueup.%I enable row level security', relation);
        execute format('drop policy if exists fixer_reads on trueup.%I', relation);
        execute format('drop policy if exists fixer_adds on trueup.%I', relation);
        execute format(
            'create policy fixer_reads on trueup.%I for select to %I using (true)',
            relation, {fixer_name}
        );
        execute format(
            'create policy fixer_adds on trueup.%I for insert to %I with check (true)',
            relation, {fixer_name}
        );
    end loop;
end
$$;

-- Default privileges of a schema's owner may have granted more than this file says.
do $$
declare grantee text;
begin
    foreach grantee in array array['public', 'anon', 'authenticated', 'service_role', 'authenticator']
    loop
        if grantee = 'public' or exists (select from pg_catalog.pg_roles where rolname = grantee) then
            execute 'revoke all on schema trueup from ' || grantee;
            execute 'revoke all on all tables in schema trueup from ' || grantee;
            execute 'revoke all on all sequences in schema trueup from ' || grantee;
            execute 'revoke all on all functions in schema trueup from ' || grantee;
        end if;
    end loop;
end
$$;
revoke all on all tables in schema trueup from {fixer};
grant usage on schema trueup to {fixer};
grant select, insert on
    trueup.journal, trueup.journal_rows, trueup.journal_proofs, trueup.journal_calls,
    trueup.journal_call_states, trueup.journal_alterations
to {fixer};
grant select on trueup.journal_forgotten to {fixer};
