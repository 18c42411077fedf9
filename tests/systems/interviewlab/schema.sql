\ir ../platforms/supabase.sql

-- InterviewLab's database as deployed when its runbook was written, in a Supabase project, but for
-- two policies that deployed.sql puts back.

-- Stands for the function of the extension uuid-ossp, which is where a Supabase project has it.
create schema extensions;
grant usage on schema extensions to anon, authenticated, service_role;
create function extensions.uuid_generate_v4() returns uuid language sql volatile as $$
    select gen_random_uuid()
$$;

-- public: tables

create table public.profiles (
    id uuid not null default extensions.uuid_generate_v4() constraint profiles_pkey primary key,
    user_id uuid not null
        constraint profiles_user_id_key unique
        constraint profiles_user_id_fkey references auth.users (id) on delete cascade,
    plan text default 'free'
        constraint profiles_plan_check check (plan = any (array['free', 'pro', 'premium'])),
    created_at timestamptz default now()
);

create table public.documents (
    id uuid not null default extensions.uuid_generate_v4() constraint documents_pkey primary key,
    user_id uuid not null
        constraint documents_user_id_fkey references auth.users (id) on delete cascade,
    type text not null
        constraint documents_type_check
        check (type = any (array['cv', 'jobspec', 'extra', 'audio', 'report'])),
    storage_key text not null,
    extracted_text text,
    created_at timestamptz default now()
);

-- No key makes stripe_session_id unique: a webhook that Stripe delivers twice grants twice.
create table public.entitlements (
    id uuid not null default extensions.uuid_generate_v4() constraint entitlements_pkey primary key,
    user_id uuid not null
        constraint entitlements_user_id_fkey references auth.users (id) on delete cascade,
    type text not null
        constraint entitlements_type_check
        check (type = any (array['interview_package', 'subscription'])),
    status text not null default 'active'
        constraint entitlements_status_check
        check (status = any (array['active', 'consumed', 'expired'])),
    order_id uuid,
    metadata jsonb default '{}',
    expires_at timestamptz,
    consumed_at timestamptz,
    created_at timestamptz default now(),
    remaining_interviews integer default 0,
    tier text
        constraint entitlements_tier_check
        check (tier = any (array['starter', 'professional', 'elite'])),
    purchase_type text,
    perks jsonb default '{}',
    stripe_session_id text,
    currency text default 'USD'
        constraint entitlements_currency_check check (currency = any (array['USD', 'AUD']))
);

-- last_activity has no time zone; a Supabase project's is UTC.
create table public.sessions (
    id uuid not null default extensions.uuid_generate_v4() constraint sessions_pkey primary key,
    user_id uuid not null
        constraint sessions_user_id_fkey references auth.users (id) on delete cascade,
    status text default 'intake'
        constraint sessions_status_check
        check (status = any (array[
            'intake', 'research', 'ready', 'running', 'feedback', 'complete'
        ])),
    job_title text,
    company text,
    location text,
    research_snapshot jsonb default '{}',
    limits jsonb default '{"timer_sec": 90, "replay_cap": 2, "question_cap": 3}',
    created_at timestamptz default now(),
    updated_at timestamptz default now(),
    plan_tier text default 'free'
        constraint sessions_plan_tier_check check (plan_tier = any (array['free', 'paid'])),
    mode text default 'text'
        constraint sessions_mode_check check (mode = any (array['text', 'voice'])),
    stages_planned integer default 1
        constraint sessions_stages_planned_check
        check (stages_planned >= 1 and stages_planned <= 3),
    current_stage integer default 1,
    entitlement_id uuid
        constraint sessions_entitlement_id_fkey
        references public.entitlements (id) on delete set null,
    intro_text text,
    conversation_summary text,
    turn_index integer default 0,
    progress_state json,
    last_activity timestamp default current_timestamp,
    difficulty_curve json
);

create table public.entitlement_history (
    id uuid not null default extensions.uuid_generate_v4()
        constraint entitlement_history_pkey primary key,
    user_id uuid not null
        constraint entitlement_history_user_id_fkey references auth.users (id) on delete cascade,
    entitlement_id uuid not null
        constraint entitlement_history_entitlement_id_fkey
        references public.entitlements (id) on delete cascade,
    action text not null
        constraint entitlement_history_action_check
        check (action = any (array['purchase', 'consume', 'grant', 'expire'])),
    interview_session_id uuid
        constraint entitlement_history_interview_session_id_fkey
        references public.sessions (id) on delete set null,
    previous_balance integer,
    new_balance integer,
    metadata jsonb default '{}',
    created_at timestamptz default now()
);

create table public.turns (
    id uuid not null default extensions.uuid_generate_v4() constraint turns_pkey primary key,
    session_id uuid not null
        constraint turns_session_id_fkey references public.sessions (id) on delete cascade,
    user_id uuid not null
        constraint turns_user_id_fkey references auth.users (id) on delete cascade,
    question jsonb not null,
    tts_key text,
    answer_text text,
    answer_audio_key text,
    answer_digest jsonb default '{}',
    timing jsonb default '{}',
    created_at timestamptz default now(),
    bridge_text text,
    turn_type text default 'question'
        constraint turn_type_check
        check (turn_type = any (array['small_talk', 'question', 'confirmation']))
);

create table public.reports (
    id uuid not null default extensions.uuid_generate_v4() constraint reports_pkey primary key,
    session_id uuid not null
        constraint reports_session_id_key unique
        constraint reports_session_id_fkey references public.sessions (id) on delete cascade,
    user_id uuid not null
        constraint reports_user_id_fkey references auth.users (id) on delete cascade,
    pdf_key text,
    created_at timestamptz default now(),
    feedback jsonb
);

-- public: trigger

create function public.update_sessions_last_activity() returns trigger language plpgsql as $$
begin
    new.last_activity = current_timestamp;
    return new;
end
$$;

create trigger update_sessions_last_activity_trigger before update on public.sessions
    for each row execute function public.update_sessions_last_activity();

-- public: policies

alter table public.profiles enable row level security;
create policy "Users can insert their own profile" on public.profiles for insert
    with check (auth.uid() = user_id);
create policy "Users can view their own profile" on public.profiles for select
    using (auth.uid() = user_id);
create policy "Users can update their own profile" on public.profiles for update
    using (auth.uid() = user_id);

alter table public.documents enable row level security;
create policy "Users can delete their own documents" on public.documents for delete
    using (auth.uid() = user_id);
create policy "Users can insert their own documents" on public.documents for insert
    with check (auth.uid() = user_id);
create policy "Users can view their own documents" on public.documents for select
    using (auth.uid() = user_id);
create policy "Users can update their own documents" on public.documents for update
    using (auth.uid() = user_id);

-- Deployed with two more, by which users insert and update their own: see deployed.sql.
alter table public.entitlements enable row level security;
create policy "Users can view own entitlements" on public.entitlements for select
    using (auth.uid() = user_id);

alter table public.entitlement_history enable row level security;
create policy "Service role can insert entitlement history" on public.entitlement_history
    for insert with check ((auth.jwt() ->> 'role') = 'service_role');
create policy "Users can view own entitlement history" on public.entitlement_history for select
    using (auth.uid() = user_id);

alter table public.sessions enable row level security;
create policy "Users can delete their own sessions" on public.sessions for delete
    using (auth.uid() = user_id);
create policy "Users can insert their own sessions" on public.sessions for insert
    with check (auth.uid() = user_id);
create policy "Users can view their own sessions" on public.sessions for select
    using (auth.uid() = user_id);
create policy "Users can update their own sessions" on public.sessions for update
    using (auth.uid() = user_id);

alter table public.turns enable row level security;
create policy "Users can insert their own turns" on public.turns for insert
    with check (auth.uid() = user_id);
create policy "Users can view their own turns" on public.turns for select
    using (auth.uid() = user_id);
create policy "Users can update their own turns" on public.turns for update
    using (auth.uid() = user_id);

alter table public.reports enable row level security;
create policy "Users can insert their own reports" on public.reports for insert
    with check (auth.uid() = user_id);
create policy "Users can view their own reports" on public.reports for select
    using (auth.uid() = user_id);
create policy "Users can update their own reports" on public.reports for update
    using (auth.uid() = user_id);

-- storage: buckets, and who may do what in them; a file lies below its owner's id

insert into storage.buckets (
    id, name, public, file_size_limit, allowed_mime_types, created_at, updated_at
) values
    (
        'uploads', 'uploads', false, 5242880, '{application/pdf,text/plain}',
        '2025-08-03 11:20:41+00', '2025-08-03 11:20:41+00'
    ),
    (
        'audio', 'audio', false, 26214400, '{audio/webm,audio/mpeg}',
        '2025-08-03 11:20:41+00', '2025-08-03 11:20:41+00'
    ),
    (
        'reports', 'reports', false, 10485760, '{application/pdf}',
        '2025-08-03 11:20:41+00', '2025-08-03 11:20:41+00'
    );

create policy "Users can upload their own files" on storage.objects for insert
    with check (bucket_id = 'uploads' and (auth.uid())::text = path_tokens[1]);
create policy "Users can view their own files" on storage.objects for select
    using (bucket_id = 'uploads' and (auth.uid())::text = path_tokens[1]);
create policy "Users can delete their own files" on storage.objects for delete
    using (bucket_id = 'uploads' and (auth.uid())::text = path_tokens[1]);
create policy "Users can record their own answers" on storage.objects for insert
    with check (bucket_id = 'audio' and (auth.uid())::text = path_tokens[1]);
create policy "Users can hear their own answers" on storage.objects for select
    using (bucket_id = 'audio' and (auth.uid())::text = path_tokens[1]);
create policy "Users can read their own reports" on storage.objects for select
    using (bucket_id = 'reports' and (auth.uid())::text = path_tokens[1]);

-- supabase_migrations

insert into supabase_migrations.schema_migrations (version, name, statements) values
    ('20250803111502', 'initial_schema', '{create table sessions}'),
    ('20250803112041', 'storage_policies', '{create policy}'),
    ('20250817093310', 'create_profiles', '{create table profiles}'),
    ('20250824154127', 'create_entitlements', '{create table entitlements}'),
    ('20250907102244', 'stages_and_modes', '{alter table sessions}'),
    ('20250921081905', 'create_entitlement_history', '{create table entitlement_history}'),
    ('20251005170038', 'conversational_turns', '{alter table turns}'),
    ('20251009142211', 'track_activity', '{create trigger}');

insert into supabase_migrations.seed_files (path, hash) values
    ('supabase/seed.sql', '9a07d4c15be2f83610cf7b8d2e94a53f6c1e70b82d95f4a3076be8c12d5f9043');
