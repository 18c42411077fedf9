-- A small shop with all that makes writing hard: triggers, cascades, odd names, odd types.

create type mood as enum ('calm', 'Cross');

create table "User" (
    id uuid primary key,
    email text not null unique,
    "isBlocked" boolean not null default false,
    credits int not null default 0,
    touched timestamptz not null default '2026-01-01'
);

create table jobs (
    id int primary key,
    user_id uuid,
    status text not null check (status in ('running', 'failed', 'done')),
    note text,
    touched timestamptz not null default '2026-01-01'
);

create table files (
    id int primary key,
    job_id int references jobs on delete cascade,
    title text
);

create table pages (
    id int generated always as identity primary key,
    file_id int references files on delete cascade,
    words int not null default 0,
    double int generated always as (words * 2) stored
);

create table remarks (
    id int primary key,
    page_id int references pages on delete set null,
    said text
);

create table receipts (
    id int primary key,
    job_id int not null references jobs,
    total numeric(10, 2) not null
);

create table audit (
    id bigint generated always as identity primary key,
    what text not null,
    at timestamptz not null default clock_timestamp()
);

create table loose (said text);

create table totals (user_id uuid primary key, failed int not null);

create table kinds (
    id int primary key,
    bits jsonb,
    raw json,
    price numeric,
    exact numeric(8, 3),
    tags text[],
    blob bytea,
    ends timestamptz,
    day date,
    feeling mood,
    share double precision,
    code varchar(4),
    fixed char(3),
    span interval,
    net inet,
    flag boolean
);

create function touch() returns trigger language plpgsql as $$
begin
    new.touched := clock_timestamp();
    return new;
end
$$;
create trigger touch before update on jobs for each row execute function touch();
create trigger touch before update on "User" for each row execute function touch();

insert into "User" values
    ('00000000-0000-0000-0000-000000000001', 'ada@example.com', false, 5),
    ('00000000-0000-0000-0000-000000000002', 'bob@example.com', true, 0);
insert into jobs (id, user_id, status) values
    (1, '00000000-0000-0000-0000-000000000001', 'running'),
    (2, '00000000-0000-0000-0000-000000000001', 'running'),
    (3, '00000000-0000-0000-0000-000000000002', 'running'),
    (4, '00000000-0000-0000-0000-000000000002', 'done');
insert into files values (10, 1, 'a'), (11, 1, 'b'), (20, 2, 'c');
insert into pages (file_id, words) values (10, 3), (10, 4), (20, 5);
insert into remarks values (100, 1, 'good'), (101, 3, null), (102, null, 'loose');
