\ir ../platforms/supabase.sql

-- StudyBuddy's database exactly as deployed: the tables of the application in a Supabase project.

-- public: tables

create type public.app_role as enum ('admin', 'user');

create table public.profiles (
    id uuid not null default gen_random_uuid() constraint profiles_pkey primary key,
    user_id uuid not null
        constraint profiles_user_id_key unique
        constraint profiles_user_id_fkey references auth.users (id) on delete cascade,
    email text,
    display_name text,
    avatar_url text,
    language text default 'ar',
    is_disabled boolean default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    daily_study_hours numeric(4, 1) default 3.0,
    study_days_per_week integer default 6,
    days_off text[] default '{}'::text[],
    phone_number text,
    department text,
    university text,
    full_name text,
    profile_completed boolean default false
);

create table public.courses (
    id uuid not null default gen_random_uuid() constraint courses_pkey primary key,
    user_id uuid not null
        constraint courses_user_id_fkey references auth.users (id) on delete cascade,
    title text not null,
    description text,
    exam_date date,
    status text default 'active'
        constraint courses_status_check
        check (status = any (array['active', 'archived', 'completed'])),
    color text default '#6366f1',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

-- No foreign key guards user_id here, nor in ai_jobs: deleting a user leaves orphans behind.
create table public.course_files (
    id uuid not null default gen_random_uuid() constraint course_files_pkey primary key,
    course_id uuid not null
        constraint course_files_course_id_fkey references public.courses (id) on delete cascade,
    user_id uuid not null,
    file_path text not null,
    file_name text not null,
    file_size integer not null,
    mime_type text not null default 'application/pdf',
    extracted_text text,
    extraction_status text not null default 'pending'
        constraint course_files_extraction_status_check
        check (extraction_status = any (array[
            'pending', 'extracting', 'extracted', 'completed', 'failed', 'empty', 'manual_required'
        ])),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    extraction_method text,
    pages_processed integer,
    extraction_quality text
        constraint course_files_extraction_quality_check
        check (
            extraction_quality is null
            or extraction_quality = any (array['high', 'medium', 'low', 'failed'])
        ),
    extraction_metadata jsonb default '{}',
    extraction_run_id uuid
);

create table public.ai_jobs (
    id uuid not null default gen_random_uuid() constraint ai_jobs_pkey primary key,
    user_id uuid not null,
    course_id uuid
        constraint ai_jobs_course_id_fkey references public.courses (id) on delete cascade,
    job_type text not null
        constraint ai_jobs_job_type_check
        check (job_type = any (array[
            'extract_topics', 'generate_plan', 'analyze_topic', 'smart_plan', 'plan_generation',
            'plan_regeneration', 'reschedule_plan'
        ])),
    status text not null default 'queued'
        constraint ai_jobs_status_check
        check (status = any (array['queued', 'running', 'completed', 'failed', 'needs_review'])),
    input_hash text,
    result_json jsonb,
    error_message text,
    questions_for_student text[],
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table public.plans (
    id uuid not null default gen_random_uuid() constraint plans_pkey primary key,
    name text not null constraint plans_name_key unique,
    price_monthly numeric(10, 2) default 0,
    price_yearly numeric(10, 2) default 0,
    limits jsonb default '{"courses": 3, "ai_extractions": 5, "topics_per_course": 20}',
    features jsonb default '[]',
    is_active boolean default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table public.subscriptions (
    id uuid not null default gen_random_uuid() constraint subscriptions_pkey primary key,
    user_id uuid not null
        constraint subscriptions_user_id_unique unique
        constraint subscriptions_user_id_fkey references auth.users (id) on delete cascade,
    plan_id uuid constraint subscriptions_plan_id_fkey references public.plans (id),
    status text not null default 'trialing'
        constraint subscriptions_status_check
        check (status = any (array['active', 'trialing', 'canceled', 'expired', 'past_due'])),
    trial_start timestamptz default now(),
    trial_end timestamptz default (now() + interval '14 days'),
    current_period_start timestamptz,
    current_period_end timestamptz,
    stripe_customer_id text,
    stripe_subscription_id text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    stripe_event_id text,
    last_webhook_at timestamptz
);

create table public.webhook_events (
    id uuid not null default gen_random_uuid() constraint webhook_events_pkey primary key,
    event_id text not null constraint webhook_events_event_id_key unique,
    event_type text not null,
    payload jsonb,
    processed_at timestamptz not null default now(),
    created_at timestamptz not null default now()
);

-- created_by has no action on delete: an admin who once granted an override cannot be deleted.
create table public.admin_overrides (
    id uuid not null default gen_random_uuid() constraint admin_overrides_pkey primary key,
    user_id uuid not null
        constraint admin_overrides_user_id_key unique
        constraint admin_overrides_user_id_fkey references auth.users (id) on delete cascade,
    quota_overrides jsonb default '{}',
    trial_extension_days integer default 0,
    notes text,
    created_by uuid constraint admin_overrides_created_by_fkey references auth.users (id),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table public.user_roles (
    id uuid not null default gen_random_uuid() constraint user_roles_pkey primary key,
    user_id uuid not null
        constraint user_roles_user_id_fkey references auth.users (id) on delete cascade,
    role public.app_role not null default 'user'::public.app_role,
    created_at timestamptz not null default now(),
    constraint user_roles_user_id_role_key unique (user_id, role)
);

create table public.user_credits (
    user_id uuid not null
        constraint user_credits_pkey primary key
        constraint user_credits_user_id_fkey
        references public.profiles (user_id) on delete cascade,
    balance integer not null default 0,
    monthly_allowance integer not null default 50,
    last_reset_date timestamptz not null default now(),
    plan_tier text not null default 'free',
    updated_at timestamptz not null default now(),
    billing_anchor_date date default current_date
);

create table public.credit_plans (
    id uuid not null default gen_random_uuid() constraint credit_plans_pkey primary key,
    tier text not null constraint credit_plans_tier_key unique,
    monthly_allowance integer not null,
    reset_rule text not null default 'monthly',
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table public.credit_usage_events (
    id uuid not null default gen_random_uuid() constraint credit_usage_events_pkey primary key,
    user_id uuid not null
        constraint credit_usage_events_user_id_fkey
        references public.profiles (user_id) on delete cascade,
    created_at timestamptz not null default now(),
    action_type text not null,
    credits_charged integer not null,
    job_id uuid
        constraint credit_usage_events_job_id_fkey
        references public.ai_jobs (id) on delete set null,
    model text default 'google/gemini-2.5-flash',
    tokens_in integer,
    tokens_out integer,
    latency_ms integer,
    provider_response_metadata jsonb,
    computed_cost_usd numeric(10, 6),
    course_id uuid
        constraint credit_usage_events_course_id_fkey
        references public.courses (id) on delete set null
);

create table public.audit_logs (
    id uuid not null default gen_random_uuid() constraint audit_logs_pkey primary key,
    created_at timestamptz not null default now(),
    actor_id uuid not null,
    actor_role text not null default 'user',
    target_user_id uuid,
    action_type text not null,
    metadata jsonb default '{}',
    request_id text
);

-- public: functions

-- As its owner, so that the policies of user_roles may ask it without asking themselves for ever.
create function public.has_role(_user_id uuid, _role public.app_role) returns boolean
    language sql stable security definer set search_path = public as $$
    select exists (select from user_roles where user_id = _user_id and role = _role)
$$;

create function public.is_user_enabled(_user_id uuid) returns boolean
    language sql stable security definer set search_path = public as $$
    select not exists (select from profiles where user_id = _user_id and is_disabled)
$$;

create function public.update_updated_at_column() returns trigger
    language plpgsql set search_path = public as $$
begin
    new.updated_at = now();
    return new;
end
$$;

create function public.handle_new_user() returns trigger
    language plpgsql security definer set search_path = public as $$
begin
    insert into profiles (user_id, email, display_name)
    values (
        new.id,
        new.email,
        coalesce(new.raw_user_meta_data ->> 'display_name', split_part(new.email, '@', 1))
    );
    return new;
end
$$;

-- What a user's subscription and an admin's override entitle to. A subscription without a plan is
-- worth the free tier, whatever it costs.
create function public.credit_terms(_user_id uuid, out tier text, out allowance integer)
    language sql stable set search_path = public as $$
    select t.tier, coalesce((o.quota_overrides ->> 'monthly_credits')::integer, c.monthly_allowance)
    from (
        select case
            when s.status = 'active' and p.name = 'Pro' then 'pro'
            when s.status = 'trialing' then 'trial'
            else 'free'
        end as tier
        from (values (_user_id)) as asked (user_id)
        left join subscriptions s on s.user_id = asked.user_id
        left join plans p on p.id = s.plan_id
    ) t
    join credit_plans c on c.tier = t.tier
    left join admin_overrides o on o.user_id = _user_id
$$;

create function public.sync_credits_on_subscription() returns trigger
    language plpgsql security definer set search_path = public as $$
begin
    insert into user_credits as known (user_id, balance, monthly_allowance, plan_tier)
    select p.user_id, terms.allowance, terms.allowance, terms.tier
    from profiles p, credit_terms(new.user_id) terms
    where p.user_id = new.user_id and terms.tier is not null
    on conflict (user_id) do update
    set plan_tier = excluded.plan_tier,
        monthly_allowance = excluded.monthly_allowance,
        balance = excluded.balance,
        updated_at = now()
    where known.plan_tier <> excluded.plan_tier
        or known.monthly_allowance <> excluded.monthly_allowance;
    return null;
end
$$;

create function public.sync_credits_on_admin_override() returns trigger
    language plpgsql security definer set search_path = public as $$
begin
    update user_credits known
    set monthly_allowance = terms.allowance,
        balance = least(known.balance, terms.allowance),
        updated_at = now()
    from credit_terms(new.user_id) terms
    where known.user_id = new.user_id
        and terms.tier = known.plan_tier
        and terms.allowance <> known.monthly_allowance;
    return null;
end
$$;

-- Whoever acts without a session, an operator or a job, is recorded as the nil uuid.
create function public.audit_admin_overrides() returns trigger
    language plpgsql security definer set search_path = public as $$
declare
    changed admin_overrides := coalesce(new, old);
begin
    insert into audit_logs (actor_id, actor_role, target_user_id, action_type, metadata)
    values (
        coalesce(auth.uid(), '00000000-0000-0000-0000-000000000000'),
        case when auth.uid() is null then 'system' else 'admin' end,
        changed.user_id,
        'admin_override_' || lower(tg_op),
        jsonb_build_object('override_id', changed.id, 'quota_overrides', changed.quota_overrides)
    );
    return null;
end
$$;

create function public.audit_user_disabled() returns trigger
    language plpgsql security definer set search_path = public as $$
begin
    insert into audit_logs (actor_id, actor_role, target_user_id, action_type)
    values (
        coalesce(auth.uid(), '00000000-0000-0000-0000-000000000000'),
        case when auth.uid() is null then 'system' else 'admin' end,
        new.user_id,
        case when new.is_disabled then 'user_disabled' else 'user_enabled' end
    );
    return null;
end
$$;

-- The provider's price in US dollars: 0.30 a million tokens in, 2.50 a million tokens out.
create function public.compute_credit_event_cost() returns trigger
    language plpgsql set search_path = public as $$
begin
    new.computed_cost_usd = round(
        coalesce(new.tokens_in, 0) * 0.00000030 + coalesce(new.tokens_out, 0) * 0.00000250, 6
    );
    return new;
end
$$;

-- public: triggers

create trigger on_auth_user_created after insert on auth.users
    for each row execute function public.handle_new_user();

create trigger update_ai_jobs_updated_at before update on public.ai_jobs
    for each row execute function public.update_updated_at_column();
create trigger update_course_files_updated_at before update on public.course_files
    for each row execute function public.update_updated_at_column();
create trigger update_subscriptions_updated_at before update on public.subscriptions
    for each row execute function public.update_updated_at_column();
create trigger update_admin_overrides_updated_at before update on public.admin_overrides
    for each row execute function public.update_updated_at_column();
create trigger update_profiles_updated_at before update on public.profiles
    for each row execute function public.update_updated_at_column();
create trigger update_courses_updated_at before update on public.courses
    for each row execute function public.update_updated_at_column();
create trigger update_plans_updated_at before update on public.plans
    for each row execute function public.update_updated_at_column();

create trigger compute_cost_trigger before insert or update on public.credit_usage_events
    for each row execute function public.compute_credit_event_cost();
create trigger trg_sync_credits_on_subscription after insert or update on public.subscriptions
    for each row execute function public.sync_credits_on_subscription();
create trigger trg_sync_credits_on_admin_override after insert or update on public.admin_overrides
    for each row execute function public.sync_credits_on_admin_override();
create trigger trg_audit_admin_overrides after insert or update or delete on public.admin_overrides
    for each row execute function public.audit_admin_overrides();
create trigger trg_audit_user_disabled after update of is_disabled on public.profiles
    for each row when (old.is_disabled is distinct from new.is_disabled)
    execute function public.audit_user_disabled();

-- public: policies

alter table public.ai_jobs enable row level security;
create policy "Users can create own ai jobs" on public.ai_jobs for insert
    with check ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));
create policy "Users can view own ai jobs" on public.ai_jobs for select
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));
create policy "Users can update own ai jobs" on public.ai_jobs for update
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));

alter table public.course_files enable row level security;
create policy "Users can delete own course files" on public.course_files for delete
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));
create policy "Users can create own course files" on public.course_files for insert
    with check ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));
create policy "Users can view own course files" on public.course_files for select
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));
create policy "Users can update own course files" on public.course_files for update
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));

-- The last of these lets a user make their own subscription active.
alter table public.subscriptions enable row level security;
create policy "Admins can manage subscriptions" on public.subscriptions
    using (public.has_role(auth.uid(), 'admin'::public.app_role));
create policy "Admins can view all subscriptions" on public.subscriptions for select
    using (public.has_role(auth.uid(), 'admin'::public.app_role));
create policy "Users can view their own subscription" on public.subscriptions for select
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));
create policy "Users can update their own subscription" on public.subscriptions for update
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));

alter table public.webhook_events enable row level security;
create policy "Service role only" on public.webhook_events using (false) with check (false);

alter table public.admin_overrides enable row level security;
create policy "Admins can manage overrides" on public.admin_overrides
    using (public.has_role(auth.uid(), 'admin'::public.app_role));
create policy "Users can read own override" on public.admin_overrides for select to authenticated
    using ((user_id = auth.uid()) and public.is_user_enabled(auth.uid()));
create policy "Users can view their own override" on public.admin_overrides for select
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));

alter table public.profiles enable row level security;
create policy "Users can insert their own profile" on public.profiles for insert
    with check ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));
create policy "Admins can view all profiles" on public.profiles for select
    using (public.has_role(auth.uid(), 'admin'::public.app_role));
create policy "Users can view their own profile" on public.profiles for select
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));
create policy "Admins can update all profiles" on public.profiles for update
    using (public.has_role(auth.uid(), 'admin'::public.app_role));
create policy "Users can update their own profile" on public.profiles for update
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));

alter table public.courses enable row level security;
create policy "Users can delete their own courses" on public.courses for delete
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));
create policy "Users can create their own courses" on public.courses for insert
    with check ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));
create policy "Users can view their own courses" on public.courses for select
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));
create policy "Users can update their own courses" on public.courses for update
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));

alter table public.plans enable row level security;
create policy "Admins can manage plans" on public.plans
    using (public.has_role(auth.uid(), 'admin'::public.app_role));
create policy "Anyone can view active plans" on public.plans for select using (is_active = true);

alter table public.user_roles enable row level security;
create policy "Admins can manage roles" on public.user_roles
    using (public.has_role(auth.uid(), 'admin'::public.app_role));
create policy "Admins can view all roles" on public.user_roles for select
    using (public.has_role(auth.uid(), 'admin'::public.app_role));
create policy "Users can view their own roles" on public.user_roles for select
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));

alter table public.user_credits enable row level security;
create policy "Admins can insert credits" on public.user_credits for insert
    with check (public.has_role(auth.uid(), 'admin'::public.app_role));
create policy "Admins can read all credits" on public.user_credits for select
    using (public.has_role(auth.uid(), 'admin'::public.app_role));
create policy "Users can read own credits" on public.user_credits for select
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));
create policy "Admins can update credits" on public.user_credits for update
    using (public.has_role(auth.uid(), 'admin'::public.app_role));

alter table public.credit_plans enable row level security;
create policy "Admins can manage credit plans" on public.credit_plans
    using (public.has_role(auth.uid(), 'admin'::public.app_role));
create policy "Anyone can read credit plans" on public.credit_plans for select using (true);

alter table public.credit_usage_events enable row level security;
create policy "Admins can read all usage events" on public.credit_usage_events for select
    using (public.has_role(auth.uid(), 'admin'::public.app_role));
create policy "Users can read own usage events" on public.credit_usage_events for select
    using ((auth.uid() = user_id) and public.is_user_enabled(auth.uid()));

alter table public.audit_logs enable row level security;
create policy "Admins can read audit logs" on public.audit_logs for select
    using (public.has_role(auth.uid(), 'admin'::public.app_role));

-- Seeded rows

insert into public.plans (
    id, name, price_monthly, price_yearly, limits, features, created_at, updated_at
) values
    (
        md5('plan-free')::uuid, 'Free', 0, 0,
        '{"courses": 3, "topics_total": 50, "ai_extractions": 3}',
        '["3 courses", "50 topics"]', '2025-10-19 09:07:18+00', '2025-10-19 09:07:18+00'
    ),
    (
        md5('plan-pro')::uuid, 'Pro', 12.00, 120.00,
        '{"courses": -1, "topics_total": -1, "ai_extractions": 50}',
        '["Unlimited courses", "Unlimited topics"]',
        '2025-10-19 09:07:18+00', '2025-10-19 09:07:18+00'
    );

insert into public.credit_plans (id, tier, monthly_allowance, created_at, updated_at)
select
    md5('credit-plan-' || tier)::uuid, tier, allowance,
    timestamptz '2026-05-17 10:30:29+00', timestamptz '2026-05-17 10:30:29+00'
from (values ('free', 50), ('trial', 1500), ('pro', 1500)) as seeded (tier, allowance);

-- supabase_migrations

insert into supabase_migrations.schema_migrations (version, name, statements) values
    ('20250914101502', 'create_profiles_and_roles', '{create table profiles}'),
    ('20250914112241', 'create_courses', '{create table courses}'),
    ('20250921084010', 'create_course_files', '{create table course_files}'),
    ('20251005173355', 'create_ai_jobs', '{create table ai_jobs}'),
    ('20251019090718', 'create_plans_and_subscriptions', '{create table subscriptions}'),
    ('20251123124407', 'create_webhook_events', '{create table webhook_events}'),
    ('20251214101933', 'create_admin_overrides', '{create table admin_overrides}'),
    ('20260222140812', 'hide_everything_from_disabled_users', '{create function is_user_enabled}'),
    ('20260405091544', 'describe_extractions', '{alter table course_files}'),
    ('20260517103029', 'create_credits', '{create table user_credits}'),
    ('20260614082251', 'meter_credit_usage', '{create table credit_usage_events}'),
    ('20260726111740', 'create_audit_logs', '{create table audit_logs}');

insert into supabase_migrations.seed_files (path, hash) values
    ('supabase/seed.sql', '3f1c2a0e8b5d47a6913e0cf2d7b84a5560e19c7d2f3a8b64c05d9e71f2a6b380');
