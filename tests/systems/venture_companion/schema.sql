\ir ../platforms/supabase.sql

-- Cursor Venture Companion's database: the tables of the application in a Supabase project, with
-- its later migrations. Three things are mended that break an invariant by themselves, each marked
-- below; deployed.sql puts them back.

-- public: functions that tables and triggers need

create function public.update_updated_at_column() returns trigger
    language plpgsql set search_path = public as $$
begin
    new.updated_at = now();
    return new;
end
$$;

create function public.update_user_template_customizations_updated_at() returns trigger
    language plpgsql set search_path = public as $$
begin
    new.updated_at = now();
    return new;
end
$$;

-- public: tables

create table public.organizations (
    id uuid not null default gen_random_uuid() constraint organizations_pkey primary key,
    name text not null,
    slug text not null constraint organizations_slug_key unique,
    owner_id uuid not null
        constraint organizations_owner_id_fkey references auth.users (id) on delete cascade,
    created_at timestamptz default now(),
    updated_at timestamptz default now()
);

create table public.organization_members (
    id uuid not null default gen_random_uuid() constraint organization_members_pkey primary key,
    org_id uuid not null
        constraint organization_members_org_id_fkey
        references public.organizations (id) on delete cascade,
    user_id uuid not null
        constraint organization_members_user_id_fkey references auth.users (id) on delete cascade,
    role text not null default 'member'
        constraint organization_members_role_check
        check (role = any (array['owner', 'admin', 'member'])),
    created_at timestamptz default now(),
    constraint organization_members_org_id_user_id_key unique (org_id, user_id)
);

create table public.invitations (
    id uuid not null default gen_random_uuid() constraint invitations_pkey primary key,
    org_id uuid not null
        constraint invitations_org_id_fkey references public.organizations (id) on delete cascade,
    email text not null,
    role text not null default 'member'
        constraint invitations_role_check check (role = any (array['admin', 'member'])),
    invited_by uuid not null
        constraint invitations_invited_by_fkey references auth.users (id) on delete cascade,
    token text not null constraint invitations_token_key unique,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    created_at timestamptz default now(),
    constraint invitations_org_id_email_key unique (org_id, email)
);

-- user_id is text here and in the four tables below, and no foreign key guards it: deleting a user
-- leaves all of it behind. created_at keeps UTC without saying so.
create table public.user_profiles (
    id uuid not null default gen_random_uuid() constraint user_profiles_pkey primary key,
    user_id text not null constraint user_profiles_user_id_key unique,
    created_at timestamp default now(),
    updated_at timestamp default now(),
    name text,
    role text,
    vertical text,
    stack jsonb default '{"ci_cd": true, "infra": true, "analytics": false, "code_repo": true, "doc_space": true, "issue_tracker": true}',
    tone text default 'balanced',
    risk_tolerance text default 'moderate',
    kpi_focus text default 'velocity',
    perspective text default 'founder',
    behavior_embedding real[],
    brand_voice text,
    company_context text,
    preferred_models jsonb default '["gpt-4-turbo", "claude-3-opus"]',
    timezone text default 'UTC',
    premium_features jsonb default '{"enabled": false, "tokenLimit": 4000, "voiceToText": false, "customPrompts": false, "advancedFilters": false}',
    stripe_customer_id text,
    subscription_status text default 'free'
        constraint user_profiles_subscription_status_check
        check (subscription_status = any (
            array['free', 'active', 'inactive', 'canceled', 'past_due']
        )),
    subscription_tier text default 'free'
        constraint user_profiles_subscription_tier_check
        check (subscription_tier = any (array['free', 'pro', 'pro+', 'enterprise'])),
    subscription_current_period_end timestamptz,
    -- Mended: the key refers to auth.users in production, so that no organization can be named.
    org_id uuid
        constraint user_profiles_org_id_fkey
        references public.organizations (id) on delete set null,
    prevented_failures_count integer default 0,
    guarantee_coverage text[] default '{}'::text[],
    integration_access text[] default '{}'::text[]
);

create table public.usage_metrics (
    id uuid not null default gen_random_uuid() constraint usage_metrics_pkey primary key,
    user_id text not null,
    metric_type text not null
        constraint usage_metrics_metric_type_check
        check (metric_type = any (array['runs', 'tokens', 'templates', 'exports'])),
    metric_value integer not null default 0,
    period_start timestamptz not null,
    period_end timestamptz not null,
    created_at timestamptz default now(),
    constraint usage_metrics_user_id_metric_type_period_start_key
        unique (user_id, metric_type, period_start)
);

create table public.agent_runs (
    id uuid not null default gen_random_uuid() constraint agent_runs_pkey primary key,
    user_id text not null,
    created_at timestamp default now(),
    trigger text not null,
    trigger_data jsonb,
    assembled_prompt text,
    selected_atoms uuid[],
    vibe_config_snapshot jsonb,
    agent_type text,
    model_used text,
    generated_content jsonb,
    user_feedback text,
    feedback_detail text,
    tokens_used integer,
    latency_ms integer,
    cost_usd double precision
);

create table public.background_events (
    id uuid not null default gen_random_uuid() constraint background_events_pkey primary key,
    user_id text not null,
    created_at timestamp default now(),
    event_type text not null,
    source text not null,
    event_data jsonb,
    event_timestamp timestamp,
    suggestion_generated boolean default false,
    suggestion_id uuid,
    user_actioned boolean default false
);

-- Each range is checked twice, as two migrations left it.
create table public.vibe_configs (
    id uuid not null default gen_random_uuid() constraint vibe_configs_pkey primary key,
    user_id text not null,
    created_at timestamp default now(),
    updated_at timestamp default now(),
    name text,
    playfulness integer default 50
        constraint vibe_configs_playfulness_check
        check (playfulness >= 0 and playfulness <= 100),
    revenue_focus integer default 60
        constraint vibe_configs_revenue_focus_check
        check (revenue_focus >= 0 and revenue_focus <= 100),
    investor_perspective integer default 40
        constraint vibe_configs_investor_perspective_check
        check (investor_perspective >= 0 and investor_perspective <= 100),
    selected_atoms uuid[],
    custom_instructions text,
    auto_suggest boolean default true,
    approval_required boolean default true,
    logging_level text default 'standard',
    constraint check_playfulness_range check (playfulness >= 0 and playfulness <= 100),
    constraint check_revenue_focus_range check (revenue_focus >= 0 and revenue_focus <= 100),
    constraint check_investor_perspective_range
        check (investor_perspective >= 0 and investor_perspective <= 100)
);

create table public.user_template_customizations (
    id uuid not null default gen_random_uuid()
        constraint user_template_customizations_pkey primary key,
    user_id uuid not null
        constraint user_template_customizations_user_id_fkey
        references auth.users (id) on delete cascade,
    template_id text not null,
    milestone text not null,
    custom_variables jsonb default '{}',
    custom_instructions text,
    enabled boolean default true,
    created_at timestamptz default now(),
    updated_at timestamptz default now(),
    constraint user_template_customizations_user_id_template_id_key unique (user_id, template_id)
);

-- Of this one only the name and the key are known; its other columns are ours.
create table public.template_customization_history (
    id uuid not null default gen_random_uuid()
        constraint template_customization_history_pkey primary key,
    customization_id uuid not null
        constraint template_customization_history_customization_id_fkey
        references public.user_template_customizations (id) on delete cascade,
    custom_variables jsonb,
    custom_instructions text,
    changed_at timestamptz not null default now()
);

create table public.stripe_webhook_events (
    id uuid not null default gen_random_uuid() constraint stripe_webhook_events_pkey primary key,
    stripe_event_id text not null constraint stripe_webhook_events_stripe_event_id_key unique,
    event_type text not null,
    processed_at timestamptz,
    status text
        constraint stripe_webhook_events_status_check
        check (status = any (array['processed', 'failed', 'duplicate'])),
    error_message text,
    created_at timestamptz default now()
);

-- public: functions and triggers

create function public.create_customization_history() returns trigger
    language plpgsql security definer set search_path = public as $$
begin
    insert into template_customization_history (
        customization_id, custom_variables, custom_instructions
    )
    values (new.id, new.custom_variables, new.custom_instructions);
    return null;
end
$$;

-- Mended: as its owner, so that the policies of organization_members may ask their own table. In
-- production they ask it themselves, and so for ever.
create function public.has_org_role(_org_id uuid, _roles text[]) returns boolean
    language sql stable security definer set search_path = public as $$
    select exists (
        select from organization_members
        where org_id = _org_id and user_id = auth.uid() and role = any (_roles)
    )
$$;

create trigger update_user_profiles_updated_at before update on public.user_profiles
    for each row execute function public.update_updated_at_column();
create trigger update_vibe_configs_updated_at before update on public.vibe_configs
    for each row execute function public.update_updated_at_column();
create trigger update_user_template_customizations_updated_at
    before update on public.user_template_customizations
    for each row execute function public.update_user_template_customizations_updated_at();
create trigger track_customization_changes
    after insert or update on public.user_template_customizations
    for each row execute function public.create_customization_history();

-- public: policies

-- The third lets users write what they pay for, and make themselves an admin.
alter table public.user_profiles enable row level security;
create policy "Users can view own profile" on public.user_profiles for select
    using ((auth.uid())::text = user_id);
create policy "Users can insert own profile" on public.user_profiles for insert
    with check ((auth.uid())::text = user_id);
create policy "Users can update own profile" on public.user_profiles for update
    using ((auth.uid())::text = user_id) with check ((auth.uid())::text = user_id);
create policy "Users can delete own profile" on public.user_profiles for delete
    using ((auth.uid())::text = user_id);

-- Mended: in production "System can insert usage metrics" lets everybody insert anything.
alter table public.usage_metrics enable row level security;
create policy "Users can view own usage metrics" on public.usage_metrics for select
    using ((auth.uid())::text = user_id);

alter table public.agent_runs enable row level security;
create policy "Users can view own agent runs" on public.agent_runs for select
    using ((auth.uid())::text = user_id);
create policy "Users can insert own agent runs" on public.agent_runs for insert
    with check ((auth.uid())::text = user_id);
create policy "Users can update own agent runs" on public.agent_runs for update
    using ((auth.uid())::text = user_id) with check ((auth.uid())::text = user_id);
create policy "Users can delete own agent runs" on public.agent_runs for delete
    using ((auth.uid())::text = user_id);

alter table public.background_events enable row level security;
create policy "Users can view own background events" on public.background_events for select
    using ((auth.uid())::text = user_id);
create policy "Users can insert own background events" on public.background_events for insert
    with check ((auth.uid())::text = user_id);
create policy "Users can update own background events" on public.background_events for update
    using ((auth.uid())::text = user_id) with check ((auth.uid())::text = user_id);
create policy "Users can delete own background events" on public.background_events for delete
    using ((auth.uid())::text = user_id);

alter table public.vibe_configs enable row level security;
create policy "Users can view own vibe configs" on public.vibe_configs for select
    using ((auth.uid())::text = user_id);
create policy "Users can insert own vibe configs" on public.vibe_configs for insert
    with check ((auth.uid())::text = user_id);
create policy "Users can update own vibe configs" on public.vibe_configs for update
    using ((auth.uid())::text = user_id) with check ((auth.uid())::text = user_id);
create policy "Users can delete own vibe configs" on public.vibe_configs for delete
    using ((auth.uid())::text = user_id);

alter table public.user_template_customizations enable row level security;
create policy "Users can view own template customizations"
    on public.user_template_customizations for select using (auth.uid() = user_id);
create policy "Users can insert own template customizations"
    on public.user_template_customizations for insert with check (auth.uid() = user_id);
create policy "Users can update own template customizations"
    on public.user_template_customizations for update
    using (auth.uid() = user_id) with check (auth.uid() = user_id);
create policy "Users can delete own template customizations"
    on public.user_template_customizations for delete using (auth.uid() = user_id);

alter table public.template_customization_history enable row level security;
create policy "Users can view own customization history"
    on public.template_customization_history for select using (exists (
        select from public.user_template_customizations
        where user_template_customizations.id = template_customization_history.customization_id
            and user_template_customizations.user_id = auth.uid()
    ));

alter table public.organizations enable row level security;
create policy "Users can view own organizations" on public.organizations for select using (
    (auth.uid() = owner_id) or (exists (
        select 1 from public.organization_members
        where (organization_members.org_id = organizations.id)
            and (organization_members.user_id = auth.uid())
    ))
);
create policy "Users can create organizations" on public.organizations for insert
    with check (auth.uid() = owner_id);
create policy "Owners can update organizations" on public.organizations for update
    using (auth.uid() = owner_id);

alter table public.organization_members enable row level security;
create policy "Members can view organization members" on public.organization_members for select
    using (public.has_org_role(org_id, array['owner', 'admin', 'member']));
create policy "Admins can manage members" on public.organization_members
    using (public.has_org_role(org_id, array['owner', 'admin']));

alter table public.invitations enable row level security;
create policy "Members can view invitations" on public.invitations for select using (exists (
    select 1 from public.organization_members
    where (organization_members.org_id = invitations.org_id)
        and (organization_members.user_id = auth.uid())
));
create policy "Admins can manage invitations" on public.invitations using (exists (
    select 1 from public.organization_members
    where (organization_members.org_id = invitations.org_id)
        and (organization_members.user_id = auth.uid())
        and (organization_members.role = any (array['owner', 'admin']))
));

-- No policy: only the service writes and reads it.
alter table public.stripe_webhook_events enable row level security;

-- supabase_migrations

insert into supabase_migrations.schema_migrations (version, name, statements) values
    ('001', 'create_user_profiles', '{create table user_profiles}'),
    ('002', 'create_vibe_configs', '{create table vibe_configs}'),
    ('003', 'create_agent_runs', '{create table agent_runs}'),
    ('004', 'create_background_events', '{create table background_events}'),
    ('005', 'check_ranges', '{alter table vibe_configs}'),
    ('006', 'row_level_security', '{alter table user_profiles enable row level security}'),
    ('007', 'foreign_keys', '{select 1}'),
    ('008', 'create_template_customizations', '{create table user_template_customizations}'),
    ('009', 'create_customization_history', '{create table template_customization_history}'),
    ('010', 'billing', '{alter table user_profiles}'),
    ('011', 'create_usage_metrics', '{create table usage_metrics}'),
    ('012', 'create_organizations', '{create table organizations}'),
    ('013', 'create_stripe_webhook_events', '{create table stripe_webhook_events}'),
    ('014', 'pro_plus', '{alter table user_profiles}');
