\ir ../platforms/supabase.sql

-- AIAS Platform's database: shape (a), with the two tables that only shape (b) has, so that every
-- invariant has something to judge. What deployed.sql puts back is mended here.

-- public: tables

create table public.profiles (
    id uuid not null
        constraint profiles_pkey primary key
        constraint profiles_id_fkey references auth.users (id) on delete cascade,
    email text,
    display_name text,
    avatar_url text,
    created_at timestamptz default now(),
    updated_at timestamptz default now()
);

-- plan_id names a table of plans that was never made: no key guards it, and nothing reads it.
create table public.tenants (
    id uuid not null default gen_random_uuid() constraint tenants_pkey primary key,
    name text not null,
    subdomain text constraint tenants_subdomain_key unique,
    domain text,
    plan_id uuid,
    status text default 'active'
        constraint tenants_status_check
        check (status = any (array['active', 'suspended', 'cancelled', 'trial'])),
    settings jsonb default '{}',
    limits jsonb default '{}',
    created_at timestamptz default now(),
    updated_at timestamptz default now()
);

-- invited_by has no action on delete: whoever once invited somebody cannot be deleted.
create table public.tenant_members (
    id uuid not null default gen_random_uuid() constraint tenant_members_pkey primary key,
    tenant_id uuid not null
        constraint tenant_members_tenant_id_fkey
        references public.tenants (id) on delete cascade,
    user_id uuid not null
        constraint tenant_members_user_id_fkey references auth.users (id) on delete cascade,
    role text not null default 'member'
        constraint tenant_members_role_check
        check (role = any (array['admin', 'member', 'viewer', 'billing'])),
    permissions jsonb default '{}',
    invited_by uuid constraint tenant_members_invited_by_fkey references auth.users (id),
    invited_at timestamptz,
    joined_at timestamptz default now(),
    status text default 'active'
        constraint tenant_members_status_check
        check (status = any (array['active', 'pending', 'suspended', 'removed'])),
    last_active timestamptz,
    created_at timestamptz default now(),
    updated_at timestamptz default now(),
    constraint tenant_members_tenant_id_user_id_key unique (tenant_id, user_id)
);

create table public.workflows (
    id uuid not null default gen_random_uuid() constraint workflows_pkey primary key,
    name varchar(200) not null,
    description text,
    version varchar(20) not null,
    trigger jsonb not null,
    steps jsonb not null default '[]',
    start_step_id uuid not null,
    state_schema jsonb,
    initial_state jsonb,
    global_retry jsonb,
    error_handler jsonb,
    category varchar(50) not null,
    enabled boolean not null default true,
    deprecated boolean not null default false,
    introspectable boolean not null default true,
    audit_log boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    created_by uuid constraint workflows_created_by_fkey references auth.users (id),
    tenant_id uuid
        constraint workflows_tenant_id_fkey references public.tenants (id) on delete cascade
);

-- Any word may be a status here, and user_id has no action on delete.
create table public.workflow_executions (
    id uuid not null default gen_random_uuid() constraint workflow_executions_pkey primary key,
    workflow_id uuid not null
        constraint workflow_executions_workflow_id_fkey
        references public.workflows (id) on delete cascade,
    user_id uuid constraint workflow_executions_user_id_fkey references auth.users (id),
    tenant_id uuid
        constraint workflow_executions_tenant_id_fkey
        references public.tenants (id) on delete cascade,
    status varchar(50) not null default 'pending',
    input jsonb not null default '{}',
    output jsonb,
    error jsonb,
    metrics jsonb,
    state jsonb,
    started_at timestamptz not null default now(),
    completed_at timestamptz,
    metadata jsonb
);

create table public.error_logs (
    id uuid not null default gen_random_uuid() constraint error_logs_pkey primary key,
    "timestamp" timestamptz not null default now(),
    user_id uuid
        constraint error_logs_user_id_fkey references auth.users (id) on delete set null,
    tenant_id uuid
        constraint error_logs_tenant_id_fkey references public.tenants (id) on delete set null,
    error jsonb not null,
    context jsonb,
    severity varchar(20) not null default 'medium',
    resolved boolean not null default false
);

create table public.subscriptions (
    id uuid not null default gen_random_uuid() constraint subscriptions_pkey primary key,
    user_id uuid not null
        constraint subscriptions_user_id_fkey references auth.users (id) on delete cascade,
    tenant_id uuid
        constraint subscriptions_tenant_id_fkey references public.tenants (id) on delete cascade,
    tier varchar(50) not null,
    status varchar(50) not null default 'trialing',
    stripe_subscription_id varchar(255)
        constraint subscriptions_stripe_subscription_id_key unique,
    stripe_customer_id varchar(255),
    current_period_start timestamptz not null,
    current_period_end timestamptz not null,
    cancel_at_period_end boolean not null default false,
    canceled_at timestamptz,
    trial_start timestamptz,
    trial_end timestamptz,
    metadata jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table public.usage_metrics (
    id uuid not null default gen_random_uuid() constraint usage_metrics_pkey primary key,
    user_id uuid not null
        constraint usage_metrics_user_id_fkey references auth.users (id) on delete cascade,
    tenant_id uuid
        constraint usage_metrics_tenant_id_fkey references public.tenants (id) on delete cascade,
    metric_type varchar(50) not null,
    quantity integer not null default 0,
    "timestamp" timestamptz not null default now(),
    metadata jsonb
);

create table public.billing_events (
    id uuid not null default gen_random_uuid() constraint billing_events_pkey primary key,
    user_id uuid not null
        constraint billing_events_user_id_fkey references auth.users (id) on delete cascade,
    event_type varchar(50) not null,
    data jsonb not null default '{}',
    "timestamp" timestamptz not null default now()
);

-- Shape (b): nothing here says that a user has one tier; each renewal adds a row.
create table public.subscription_tiers (
    id bigserial not null constraint subscription_tiers_pkey primary key,
    user_id uuid not null
        constraint subscription_tiers_user_id_fkey references auth.users (id) on delete cascade,
    tier text not null
        constraint subscription_tiers_tier_check
        check (tier = any (array['free', 'starter', 'pro', 'enterprise'])),
    xp_multiplier numeric(3, 2) default 1.0,
    expires_at timestamptz,
    created_at timestamptz default now()
);

create table public.webhook_events (
    id uuid not null default gen_random_uuid() constraint webhook_events_pkey primary key,
    source text not null,
    event text not null,
    payload jsonb not null,
    processed boolean default false,
    created_at timestamptz not null default now(),
    tenant_id uuid
        constraint webhook_events_tenant_id_fkey references public.tenants (id) on delete cascade
);

-- public: functions

create function public.update_updated_at_column() returns trigger
    language plpgsql set search_path = public as $$
begin
    new.updated_at = now();
    return new;
end
$$;

create function public.is_admin(_user_id uuid) returns boolean
    language sql stable security definer set search_path = public as $$
    select exists (
        select from auth.users where id = _user_id and raw_app_meta_data ->> 'role' = 'admin'
    )
$$;

-- As its owner, so that the policies of tenant_members may ask it without asking themselves for
-- ever. Deployed, they ask themselves.
create function public.is_tenant_admin(_tenant_id uuid, _user_id uuid) returns boolean
    language sql stable security definer set search_path = public as $$
    select exists (
        select from tenant_members
        where tenant_id = _tenant_id and user_id = _user_id
            and status = 'active' and role = 'admin'
    )
$$;

-- public: triggers

create trigger update_profiles_updated_at before update on public.profiles
    for each row execute function public.update_updated_at_column();
create trigger update_tenant_members_updated_at before update on public.tenant_members
    for each row execute function public.update_updated_at_column();
create trigger update_workflows_updated_at before update on public.workflows
    for each row execute function public.update_updated_at_column();
create trigger update_subscriptions_updated_at before update on public.subscriptions
    for each row execute function public.update_updated_at_column();

-- public: policies

alter table public.profiles enable row level security;
create policy "Users can insert their own profile" on public.profiles for insert
    with check (auth.uid() = id);
create policy "Admins can view all profiles" on public.profiles for select
    using (public.is_admin(auth.uid()));
create policy "Users can view their own profile" on public.profiles for select
    using (auth.uid() = id);
create policy "Users can update their own profile" on public.profiles for update
    using (auth.uid() = id);

alter table public.tenants enable row level security;
create policy "Members can view tenants" on public.tenants for select to authenticated
    using (id in (
        select tenant_members.tenant_id from public.tenant_members
        where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
    ));

alter table public.tenant_members enable row level security;
create policy "Admins can manage tenant memberships" on public.tenant_members
    for insert to authenticated
    with check (public.is_tenant_admin(tenant_id, auth.uid()));
create policy "Users can view tenant memberships" on public.tenant_members
    for select to authenticated
    using (user_id = auth.uid() or public.is_tenant_admin(tenant_id, auth.uid()));

alter table public.workflows enable row level security;
create policy "Users can delete workflows in their tenant" on public.workflows
    for delete to authenticated using (tenant_id in (
        select tenant_members.tenant_id from public.tenant_members
        where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
    ));
create policy "Users can create workflows in their tenant" on public.workflows
    for insert to authenticated with check (tenant_id in (
        select tenant_members.tenant_id from public.tenant_members
        where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
    ));
create policy "Users can view workflows in their tenant" on public.workflows
    for select to authenticated using (tenant_id in (
        select tenant_members.tenant_id from public.tenant_members
        where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
    ));
create policy "Users can update workflows in their tenant" on public.workflows
    for update to authenticated using (tenant_id in (
        select tenant_members.tenant_id from public.tenant_members
        where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
    ));

alter table public.workflow_executions enable row level security;
create policy "Users can create workflow executions" on public.workflow_executions
    for insert to authenticated with check (
        user_id = auth.uid() and (tenant_id is null or tenant_id in (
            select tenant_members.tenant_id from public.tenant_members
            where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
        ))
    );
create policy "Users can view their workflow executions" on public.workflow_executions
    for select to authenticated using (
        user_id = auth.uid() and (tenant_id is null or tenant_id in (
            select tenant_members.tenant_id from public.tenant_members
            where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
        ))
        or user_id is null and tenant_id in (
            select tenant_members.tenant_id from public.tenant_members
            where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
        )
    );

alter table public.error_logs enable row level security;
create policy "Users can create error logs" on public.error_logs
    for insert to authenticated with check (
        user_id = auth.uid() and (tenant_id is null or tenant_id in (
            select tenant_members.tenant_id from public.tenant_members
            where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
        ))
    );
create policy "Users can view their error logs" on public.error_logs
    for select to authenticated using (
        user_id = auth.uid() or tenant_id is not null and tenant_id in (
            select tenant_members.tenant_id from public.tenant_members
            where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
        )
    );

-- The first and the last of these let a user write their own subscription.
alter table public.subscriptions enable row level security;
create policy "Users can create subscriptions" on public.subscriptions
    for insert to authenticated with check (user_id = auth.uid());
create policy "Users can view their subscriptions" on public.subscriptions
    for select to authenticated using (user_id = auth.uid() or tenant_id in (
        select tenant_members.tenant_id from public.tenant_members
        where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
    ));
create policy "Users can update their subscriptions" on public.subscriptions
    for update to authenticated using (user_id = auth.uid() or tenant_id in (
        select tenant_members.tenant_id from public.tenant_members
        where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
            and tenant_members.role = 'admin'
    ));

alter table public.usage_metrics enable row level security;
create policy "Users can create usage metrics" on public.usage_metrics
    for insert to authenticated with check (user_id = auth.uid() and tenant_id in (
        select tenant_members.tenant_id from public.tenant_members
        where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
    ));
create policy "Users can view their usage metrics" on public.usage_metrics
    for select to authenticated using (user_id = auth.uid() or tenant_id in (
        select tenant_members.tenant_id from public.tenant_members
        where tenant_members.user_id = auth.uid() and tenant_members.status = 'active'
    ));

alter table public.billing_events enable row level security;
create policy "Users can view their billing events" on public.billing_events
    for select to authenticated using (user_id = auth.uid());

-- Users can write their own tier. Deployed, everybody may read everybody's, too.
alter table public.subscription_tiers enable row level security;
create policy "own_subscription" on public.subscription_tiers using (auth.uid() = user_id);

alter table public.webhook_events enable row level security;

-- supabase_migrations

insert into supabase_migrations.schema_migrations (version, name, statements) values
    ('20250120000000', 'create_profiles', '{create table profiles}'),
    ('20250120010000', 'create_tenants', '{create table tenants}'),
    ('20250121000000', 'create_workflows', '{create table workflows}'),
    ('20250122000000', 'create_error_logs', '{create table error_logs}'),
    ('20250123000000', 'create_subscriptions', '{create table subscriptions}'),
    ('20250124000000', 'create_usage_metrics', '{create table usage_metrics}'),
    ('20250127000000', 'create_subscription_tiers', '{create table subscription_tiers}'),
    ('20250128000000', 'create_webhook_events', '{create table webhook_events}');
