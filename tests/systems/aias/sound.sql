\ir ../platforms/words.sql

-- AIAS Platform's rows, sound as of one instant, at which the sample's clock stands still. The same
-- rows at each load.

-- Compiling these statements would take longer than running them.
set local jit = off;

-- Where a trigger would write the time of the load, it is kept quiet and its work is done here.
set local session_replication_role = replica;

-- Users: 300. The last 30 have come within the day, one every 45 minutes; of them two are not
-- confirmed yet, one of these within the hour. 299 and 300 run the platform.

create table sample.users as
select
    n,
    sample.id('user', n) as id,
    sample.pick(array[
        'Ada', 'Ben', 'Chloe', 'Dev', 'Elif', 'Femi', 'Grace', 'Hugo', 'Ines', 'Jonas', 'Kei',
        'Lea', 'Mateo', 'Nora', 'Olga', 'Priya', 'Quinn', 'Rosa', 'Sven', 'Theo', 'Uma', 'Vera',
        'Wen', 'Xenia', 'Yann', 'Zoe'
    ], 'first name', n) as first_name,
    n >= 299 as is_admin,
    n not in (271, 285) as is_confirmed,
    sample.clock() - case
        when n <= 60 then sample.days(120 + 280 * sample.share('user age', n))
        when n <= 240 then sample.days(40 + 70 * sample.share('user age', n))
        when n <= 270 then sample.days(2 + 38 * sample.share('user age', n))
        when n >= 299 then sample.days(500 - n)
        else (n - 270) * interval '45 minutes'
    end as created_at
from generate_series(1, 300) as n;

insert into auth.users (
    instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
    confirmation_token, confirmation_sent_at, recovery_token, email_change_token_new, email_change,
    last_sign_in_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at
)
select
    '00000000-0000-0000-0000-000000000000', id, 'authenticated', 'authenticated',
    lower(first_name) || n || case when n % 4 = 0 then '@example.org' else '@example.com' end,
    '$2a$10$' || repeat('.', 21) || substr(md5('password-' || n), 1, 32),
    case when is_confirmed then created_at + interval '4 minutes' end,
    case when is_confirmed then '' else md5('confirmation-' || n) end, created_at, '', '', '',
    case when is_confirmed
        then sample.clock() - (sample.clock() - created_at) * power(sample.share('sign-in', n), 3)
    end,
    case when is_admin
        then '{"provider": "email", "providers": ["email"], "role": "admin"}'::jsonb
        else '{"provider": "email", "providers": ["email"]}'
    end,
    jsonb_build_object('display_name', first_name),
    created_at,
    created_at
from sample.users;

insert into public.profiles (id, email, display_name, created_at, updated_at)
select u.id, u.email, known.first_name, known.created_at, known.created_at
from sample.users known
join auth.users u on u.id = known.id
where known.n <> 271;

insert into auth.identities (
    provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at, id
)
select
    u.id::text, u.id, jsonb_build_object('sub', u.id, 'email', u.email, 'email_verified', true),
    'email', u.last_sign_in_at, u.created_at, u.created_at, sample.id('identity', known.n)
from sample.users known
join auth.users u on u.id = known.id;

insert into auth.sessions (id, user_id, created_at, updated_at, aal, refreshed_at, ip)
select
    sample.id('session', known.n), u.id, u.last_sign_in_at, u.last_sign_in_at, 'aal1',
    u.last_sign_in_at at time zone 'UTC', ('192.0.2.' || (1 + known.n % 250))::inet
from sample.users known
join auth.users u on u.id = known.id
where u.last_sign_in_at > sample.clock() - interval '30 days';

insert into auth.refresh_tokens (
    instance_id, id, token, user_id, revoked, created_at, updated_at, session_id
)
select
    '00000000-0000-0000-0000-000000000000', row_number() over (order by s.created_at, s.id),
    substr(md5('refresh-' || s.id), 1, 12), s.user_id::text, false, s.created_at, s.created_at, s.id
from auth.sessions s;

select setval('auth.refresh_tokens_id_seq', (select max(id) from auth.refresh_tokens));

-- Tenants: 60, each with its admin (the user of its number), a member (in the last 20 a second
-- admin), a viewer or biller, and somebody who is invited, suspended or gone.

insert into public.tenants (
    id, name, subdomain, status, settings, limits, created_at, updated_at
)
select
    sample.id('tenant', n),
    sample.pick(array[
        'Maple', 'Harbour', 'Northern', 'Cedar', 'Summit', 'Prairie', 'Lakeside', 'Granite'
    ], 'tenant name', n) || ' ' || sample.pick(array[
        'Logistics', 'Dental', 'Realty', 'Studio', 'Foods', 'Legal', 'Clinic'
    ], 'tenant trade', n),
    'tenant-' || n,
    case
        when n in (47, 57) then 'cancelled'
        when n in (48, 58) then 'suspended'
        when n between 51 and 56 or n % 5 = 4 and n <= 40 then 'trial'
        else 'active'
    end,
    '{"locale": "en-CA"}',
    case when n = 41 then '{"workflows": 5}'::jsonb else '{}' end,
    created_at + interval '1 hour',
    created_at + interval '1 hour'
from sample.users
where n <= 60;

insert into public.tenant_members (
    id, tenant_id, user_id, role, invited_by, invited_at, joined_at, status, last_active,
    created_at, updated_at
)
select
    sample.id('membership', n), sample.id('tenant', 1 + (n - 1) % 60), id,
    case
        when n <= 60 or n between 101 and 120 then 'admin'
        when n <= 120 then 'member'
        when n % 2 = 0 then 'viewer'
        else 'billing'
    end,
    case when n > 60 then sample.id('user', 1 + (n - 1) % 60) end,
    case when n > 60 then created_at end,
    created_at + interval '2 hours',
    case
        when n <= 180 then 'active'
        when n % 3 = 0 then 'pending'
        when n % 3 = 1 then 'suspended'
        else 'removed'
    end,
    sample.clock() - sample.days(30 * sample.share('last active', n)),
    created_at + interval '1 hour',
    created_at + interval '2 hours'
from sample.users
where n <= 240;

-- Workflows: two or three a tenant, more where the tier has room.

create table sample.workflows as
select
    w.n,
    sample.id('workflow', w.n) as id,
    t.n as tenant_n,
    t.id as tenant_id,
    case when w.n % 3 = 0 then sample.id('user', t.n + 60) else sample.id('user', t.n) end as owner,
    sample.clock() - sample.days(1 + 38 * sample.share('workflow age', w.n)) as created_at
from generate_series(1, 212) as w (n)
cross join lateral (
    select number as n, sample.id('tenant', number) as id
    from (select case
        when w.n <= 170 then 1 + (w.n - 1) % 60
        when w.n <= 172 then 41
        else 3 * (1 + w.n % 10)
    end) as chosen (number)
) t;

insert into public.workflows (
    id, name, version, trigger, steps, start_step_id, category, enabled, created_at, updated_at,
    created_by, tenant_id
)
select
    id, 'Workflow ' || n, '1.' || n % 7, '{"type": "schedule"}',
    jsonb_build_array(jsonb_build_object('id', sample.id('step', n))), sample.id('step', n),
    sample.pick(array['crm', 'billing', 'reports', 'support'], 'category', n), n % 29 <> 0,
    created_at, created_at, owner, tenant_id
from sample.workflows;

-- Executions: 4,000 that have ended, 8 that have just been asked for, 6 that run.

insert into public.workflow_executions (
    id, workflow_id, user_id, tenant_id, status, input, output, error, metrics, started_at,
    completed_at
)
select
    sample.id('execution', n), workflow_id, case when n % 5 <> 0 then owner end, tenant_id, status,
    jsonb_build_object('row', n),
    case when status = 'completed' then jsonb_build_object('rows', n % 40) end,
    case when status = 'failed' then jsonb_build_object('message', 'The API answered 503') end,
    jsonb_build_object('durationMs', took * 1000),
    started_at,
    started_at + took * interval '1 second'
from (
    select
        e.n, w.id as workflow_id, w.owner, w.tenant_id,
        case
            when sample.share('execution status', e.n) < 0.90 then 'completed'
            when sample.share('execution status', e.n) < 0.97 then 'failed'
            else 'cancelled'
        end as status,
        1 + floor(200 * sample.share('execution took', e.n))::integer as took,
        sample.clock() - interval '10 minutes'
            - (sample.clock() - w.created_at - interval '20 minutes')
            * sample.share('execution age', e.n) as started_at
    from generate_series(1, 4000) as e (n)
    join sample.workflows w on w.n = 1 + floor(212 * sample.share('execution of', e.n))::integer
) ended;

insert into public.workflow_executions (
    id, workflow_id, user_id, tenant_id, status, input, started_at
)
select
    sample.id('live execution', k.n), w.id, w.owner, w.tenant_id,
    case when k.n <= 8 then 'pending' else 'running' end,
    jsonb_build_object('row', k.n),
    sample.clock() - k.n * interval '1 minute'
from generate_series(1, 14) as k (n)
join sample.workflows w on w.n = 10 * k.n;

-- Calls of the API: 3,000 rows over a month, and 600 calls within the hour.

insert into public.usage_metrics (
    id, user_id, tenant_id, metric_type, quantity, "timestamp"
)
select
    sample.id('usage', n), sample.id('user', 1 + n % 120), sample.id('tenant', 1 + n % 60),
    sample.pick(array['api_call', 'api_call', 'workflow_run', 'ai_token'], 'metric', n),
    1 + floor(30 * sample.share('quantity', n))::integer,
    sample.clock() - interval '61 minutes' - sample.days(30 * sample.share('used', n))
from generate_series(1, 3000) as n
union all
select
    sample.id('usage now', n), sample.id('user', 1 + n % 120), sample.id('tenant', 1 + n % 60),
    'api_call', 10, sample.clock() - n * interval '55 seconds'
from generate_series(1, 60) as n;

-- Errors: 400 of two months, three within the hour; what is critical was looked into, but for one
-- of twenty minutes ago.

insert into public.error_logs (
    id, "timestamp", user_id, tenant_id, error, context, severity, resolved
)
select
    sample.id('error', n),
    sample.clock() - interval '2 hours' - sample.days(60 * sample.share('error age', n)),
    case when n % 3 <> 0 then sample.id('user', 1 + n % 120) end,
    case when n % 3 <> 0 then sample.id('tenant', 1 + n % 60) end,
    jsonb_build_object('message', sample.pick(array[
        'The API answered 503', 'The step has no output', 'The token has expired'
    ], 'error', n)),
    '{"route": "/api/workflows"}'::jsonb,
    severity,
    severity = 'critical' or sample.share('error resolved', n) < 0.6
from (
    select n, sample.pick(array['low', 'medium', 'medium', 'high', 'critical'], 'severity', n)
        as severity
    from generate_series(1, 400) as n
) known
union all
select
    sample.id('error now', n), sample.clock() - n * interval '20 minutes',
    sample.id('user', n), sample.id('tenant', n), '{"message": "The API answered 503"}',
    '{"route": "/api/workflows"}', case when n = 1 then 'critical' else 'medium' end, false
from generate_series(1, 3) as n;

-- Subscriptions: the admins of the first 40 tenants pay, or try; those of the next 10 have left.

create table sample.subscriptions as
with chosen as (
    select
        n, id as user_id, sample.id('tenant', n) as tenant_id,
        sample.stripe_id('sub', 'subscription', n) as subscription,
        sample.stripe_id('cus', 'customer', n) as customer,
        case when n % 13 = 0 then 'enterprise' when n % 3 = 0 then 'pro' else 'starter' end as tier,
        case
            when n > 40 then 'canceled'
            when n % 8 = 0 then 'past_due'
            when n % 5 = 4 then 'trialing'
            else 'active'
        end as status,
        sample.clock() - sample.days(case
            when n > 40 then 40 + 20 * sample.share('period', n)
            when n % 8 <> 0 and n % 5 = 4 then 0.5 + 12 * sample.share('period', n)
            else 0.5 + 26 * sample.share('period', n)
        end) as period_start
    from sample.users
    where n <= 50
)
select
    *,
    period_start + case
        when status = 'trialing' then interval '14 days'
        else interval '1 month'
    end as period_end,
    period_start - interval '3 months' * (status <> 'trialing')::integer as created_at,
    period_start + interval '2 seconds' as told_at,
    status = 'active' and n % 11 = 0 as is_ending,
    jsonb_build_object('user_id', user_id, 'tenant_id', sample.id('tenant', n)) as metadata
from chosen;

insert into public.subscriptions (
    id, user_id, tenant_id, tier, status, stripe_subscription_id, stripe_customer_id,
    current_period_start, current_period_end, cancel_at_period_end, canceled_at, trial_start,
    trial_end, created_at, updated_at
)
select
    sample.id('subscription', n), user_id, tenant_id, tier, status, subscription, customer,
    period_start, period_end, is_ending,
    case when status = 'canceled' then period_end end,
    case when status = 'trialing' then period_start end,
    case when status = 'trialing' then period_end end,
    created_at, told_at
from sample.subscriptions;

-- One tier a payer, which ends with the period that is paid for, after one a month before; a free
-- one, without an end, for some who never paid.

insert into public.subscription_tiers (id, user_id, tier, xp_multiplier, expires_at, created_at)
select
    row_number() over (order by created_at, user_id), user_id, tier,
    case tier when 'free' then 1.0 when 'starter' then 1.2 when 'pro' then 1.5 else 2.0 end,
    expires_at, created_at
from (
    select
        user_id, tier, period_end - back * interval '1 month' as expires_at,
        period_start - back * interval '1 month' as created_at
    from sample.subscriptions, generate_series(0, 2) as back
    where back = 0 or status <> 'trialing'
    union all
    select id, 'free', null, created_at from sample.users where n between 61 and 100
) held;

select setval('public.subscription_tiers_id_seq', (select max(id) from public.subscription_tiers));

insert into public.billing_events (id, user_id, event_type, data, "timestamp")
select
    sample.id('billing event ' || back, n), user_id, 'invoice_paid',
    jsonb_build_object('tier', tier), period_start - back * interval '1 month'
from sample.subscriptions, generate_series(0, 2) as back
where status <> 'trialing';

-- What Stripe told of each subscription last, the payment that went with it, and what the tenants'
-- own tools send in; three of those are waiting their turn.

insert into public.webhook_events (id, source, event, payload, processed, created_at)
select
    sample.id(event, n), 'stripe', event,
    jsonb_build_object(
        'id', sample.stripe_id('evt', event, n), 'object', 'event', 'type', event,
        'created', extract(epoch from told_at)::bigint, 'data', jsonb_build_object('object', about)
    ),
    true,
    told_at
from (
    select
        n,
        case status
            when 'canceled' then 'customer.subscription.deleted'
            when 'trialing' then 'customer.subscription.created'
            else 'customer.subscription.updated'
        end as event,
        told_at,
        jsonb_build_object(
            'id', subscription, 'object', 'subscription', 'customer', customer, 'status', status,
            'cancel_at_period_end', is_ending, 'metadata', metadata,
            'trial_end', case when status = 'trialing'
                then extract(epoch from period_end)::bigint end,
            'items', jsonb_build_object('object', 'list', 'data', jsonb_build_array(
                jsonb_build_object(
                    'object', 'subscription_item',
                    'current_period_start', extract(epoch from period_start)::bigint,
                    'current_period_end', extract(epoch from period_end)::bigint,
                    'price', jsonb_build_object(
                        'id', 'price_' || tier || '_monthly', 'object', 'price',
                        'product', 'prod_aias_' || tier
                    )
                )
            ))
        ) as about
    from sample.subscriptions
    union all
    select
        n, 'invoice.payment_succeeded', told_at + interval '1 second',
        jsonb_build_object(
            'id', sample.stripe_id('in', 'invoice', n), 'object', 'invoice', 'customer', customer
        )
    from sample.subscriptions
    where status in ('active', 'canceled')
) told;

insert into public.webhook_events (
    id, source, event, payload, processed, created_at, tenant_id
)
select
    sample.id('inbound', n), sample.pick(array['shopify', 'zapier', 'hubspot'], 'tool', n),
    'record.updated', jsonb_build_object('record', n), n > 3,
    sample.clock() - case
        when n <= 3 then n * interval '3 minutes'
        else sample.days(20 * sample.share('inbound age', n))
    end,
    sample.id('tenant', 1 + n % 60)
from generate_series(1, 300) as n;

-- The scaffolding is no part of the system.
drop schema sample cascade;

analyze;
