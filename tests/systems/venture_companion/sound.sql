\ir ../platforms/words.sql

-- Cursor Venture Companion's rows, sound as of one instant, at which the sample's clock stands
-- still. The same rows at each load.

-- Compiling these statements would take longer than running them.
set local jit = off;

-- Where a trigger would write the time of the load, it is kept quiet and its work is done here.
set local session_replication_role = replica;

-- Users: 300; 1 to 3 are the admins of the settings, of whom 1 and 2 have been made admins.

create table sample.users as
select
    n,
    sample.id('user', n) as id,
    p.first_name,
    lower(p.first_name) || n || case when n % 5 = 0 then '@example.org' else '@example.com' end
        as email,
    case
        when n <= 3 then 'enterprise'
        when n % 50 = 7 then 'enterprise'
        when n % 6 = 0 then 'pro'
        else 'free'
    end as tier,
    -- Whoever paid once and no longer does.
    n % 11 = 4 and n > 3 and n % 6 <> 0 and n % 50 <> 7 as has_left,
    sample.clock() - sample.days(120 + 280 * sample.share('user age', n)) as created_at
from generate_series(1, 300) as n
cross join lateral (
    select sample.pick(array[
        'Ada', 'Bea', 'Carl', 'Dora', 'Emil', 'Fay', 'Gus', 'Hana', 'Ivan', 'June', 'Kai', 'Lena',
        'Max', 'Nora', 'Otto', 'Pia', 'Quinn', 'Rosa', 'Sven', 'Tess', 'Udo', 'Vera', 'Wim', 'Zoe'
    ], 'first name', n) as first_name
) p;

insert into auth.users (
    instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
    confirmation_token, recovery_token, email_change_token_new, email_change,
    last_sign_in_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at
)
select
    '00000000-0000-0000-0000-000000000000', id, 'authenticated', 'authenticated', email,
    '$2a$10$' || repeat('.', 21) || substr(md5('password-' || n), 1, 32),
    created_at + sample.seconds(40 + 600 * sample.share('confirmed', n)),
    '', '', '', '',
    sample.clock() - (sample.clock() - created_at) * power(sample.share('sign-in', n), 3),
    '{"provider": "email", "providers": ["email"]}',
    jsonb_build_object('name', first_name),
    created_at,
    created_at
from sample.users;

insert into auth.identities (
    provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at, id
)
select
    id::text, id, jsonb_build_object('sub', id, 'email', email, 'email_verified', true), 'email',
    created_at, created_at, created_at, sample.id('identity', n)
from sample.users;

insert into auth.sessions (id, user_id, created_at, updated_at, aal, refreshed_at, user_agent, ip)
select
    sample.id('session', n), id, sample.clock() - n * interval '1 hour',
    sample.clock() - n * interval '1 hour', 'aal1',
    (sample.clock() - n * interval '1 hour') at time zone 'UTC', 'Mozilla/5.0 (X11)',
    ('192.0.2.' || (1 + n % 250))::inet
from sample.users
where n % 3 = 0;

insert into auth.refresh_tokens (
    instance_id, id, token, user_id, revoked, created_at, updated_at, session_id
)
select
    '00000000-0000-0000-0000-000000000000', row_number() over (order by created_at, id),
    substr(md5('refresh-' || id), 1, 12), user_id::text, false, created_at, created_at, id
from auth.sessions;

select setval('auth.refresh_tokens_id_seq', (select max(id) from auth.refresh_tokens));

-- Organizations: 24, of four to seven people; the first of each owns it.

create table sample.organizations as
select n, sample.id('organization', n) as id, sample.id('user', n * 12) as owner_id,
       sample.clock() - sample.days(20 + 90 * sample.share('organization age', n)) as created_at
from generate_series(1, 24) as n;

insert into public.organizations (id, name, slug, owner_id, created_at, updated_at)
select
    id,
    sample.pick(array['Amber', 'Birch', 'Cobalt', 'Delta', 'Ember'], 'company', n) || ' Ventures',
    'company-' || n, owner_id, created_at, created_at
from sample.organizations;

create table sample.members as
select o.n * 12 - place as user_n, o.id as org_id, place, o.created_at
from sample.organizations o
cross join lateral generate_series(0, 3 + o.n % 4) as place;

insert into public.organization_members (id, org_id, user_id, role, created_at)
select
    sample.id('member', user_n), org_id, sample.id('user', user_n),
    case place when 0 then 'owner' when 1 then 'admin' else 'member' end,
    created_at + place * interval '5 hours'
from sample.members;

-- Two of three were accepted, by the next two members, and may be as old as they like; the others
-- can still be.
insert into public.invitations (
    id, org_id, email, role, invited_by, token, expires_at, accepted_at, created_at
)
select
    sample.id('invitation', o.n * 3 + k), o.id,
    case when k < 2 then (select email from sample.users where users.n = o.n * 12 - 1 - k)
        else 'invited-' || o.n || '@example.com' end,
    case k when 0 then 'admin' else 'member' end,
    o.owner_id,
    md5('invitation-token-' || o.n || '-' || k),
    case when k < 2 then o.created_at + interval '7 days'
        else sample.clock() + interval '1 hour' * o.n end,
    case when k < 2 then o.created_at + interval '1 day' end,
    case when k < 2 then o.created_at else sample.clock() - interval '6 days' end
from sample.organizations o
cross join generate_series(0, 2) as k;

-- Profiles: every 40th user has not begun theirs.

insert into public.user_profiles (
    id, user_id, created_at, updated_at, name, role, vertical, behavior_embedding, timezone,
    premium_features, stripe_customer_id, subscription_status, subscription_tier,
    subscription_current_period_end, org_id, prevented_failures_count
)
select
    sample.id('profile', u.n),
    u.id::text,
    (u.created_at + interval '3 minutes') at time zone 'UTC',
    (u.created_at + (sample.clock() - u.created_at) * sample.share('touched', u.n))
        at time zone 'UTC',
    u.first_name,
    sample.pick(array['founder', 'engineer', 'product'], 'role', u.n),
    sample.pick(array['fintech', 'health', 'logistics', 'education'], 'vertical', u.n),
    case when u.n % 4 = 0 then array[0.1, 0.2, 0.3]::real[] end,
    sample.pick(array['UTC', 'America/New_York', 'Europe/Berlin'], 'zone', u.n),
    jsonb_build_object(
        'enabled', u.tier <> 'free', 'tokenLimit', case u.tier when 'free' then 4000 else 16000 end,
        'voiceToText', u.tier <> 'free', 'customPrompts', u.tier <> 'free',
        'advancedFilters', u.tier <> 'free'
    ) || case
        when u.n <= 2 then '{"admin": true}'::jsonb
        when u.n % 70 = 5 then '{"admin": false}'::jsonb
        else '{}'::jsonb
    end,
    -- A customer is made when a checkout begins; not every checkout ends.
    case when u.tier <> 'free' or u.has_left or u.n % 13 = 2
        then sample.stripe_id('cus', 'customer', u.n) end,
    case when u.tier <> 'free' then 'active' when u.has_left then 'inactive' else 'free' end,
    u.tier,
    case
        when u.tier <> 'free' then sample.clock() + sample.days(2 + 26 * sample.share('ends', u.n))
        when u.has_left then sample.clock() - sample.days(20 + 80 * sample.share('ended', u.n))
    end,
    m.org_id,
    u.n % 7
from sample.users u
left join sample.members m on m.user_n = u.n
where u.n % 40 <> 0;

-- Runs: 3,000 of the last 85 days, of whoever has a profile.

insert into public.agent_runs (
    id, user_id, created_at, trigger, agent_type, model_used, user_feedback, tokens_used,
    latency_ms, cost_usd
)
select
    sample.id('run', r.n), u.id::text,
    (sample.clock() - sample.days(0.05 + 85 * power(sample.share('run age', r.n), 1.4)))
        at time zone 'UTC',
    sample.pick(array['manual', 'schedule', 'event'], 'trigger', r.n),
    sample.pick(array['planner', 'writer', 'reviewer'], 'agent', r.n),
    sample.pick(array['gpt-4-turbo', 'claude-3-opus'], 'model', r.n),
    case when r.n % 6 = 0 then 'helpful' end,
    400 + floor(2600 * sample.share('tokens', r.n))::integer,
    900 + floor(9000 * sample.share('latency', r.n))::integer,
    round(sample.share('cost', r.n)::numeric / 10, 4)
from generate_series(1, 3000) as r (n)
join sample.users u on u.n = 1 + floor(300 * power(sample.share('whose run', r.n), 1.2))::integer
where u.n % 40 <> 0;

-- What each month was metered: the runs and their tokens, and sometimes more than was kept, since
-- users may delete their runs.

create table sample.metered as
select
    user_id, month, min(created_at) as since, count(*) as runs, sum(tokens_used) as tokens,
    row_number() over (order by user_id, month) as n
from (
    select user_id, created_at at time zone 'UTC' as created_at, tokens_used,
           date_trunc('month', created_at) at time zone 'UTC' as month
    from public.agent_runs
) recorded
group by user_id, month;

insert into public.usage_metrics (
    id, user_id, metric_type, metric_value, period_start, period_end, created_at
)
select
    sample.id('usage ' || kind, n), user_id, kind, value, month, month + interval '1 month',
    since + interval '2 seconds'
from sample.metered
cross join lateral (values
    ('runs', runs + case when n % 9 = 0 then 2 else 0 end),
    ('tokens', tokens),
    ('templates', case when n % 4 = 0 then 1 + n % 5 end),
    ('exports', case when n % 5 = 0 then 1 + n / 5 % 5 end)
) as used (kind, value)
where value is not null;

insert into public.background_events (
    id, user_id, created_at, event_type, source, event_data, event_timestamp, suggestion_generated,
    user_actioned
)
select
    sample.id('background event', e.n), u.id::text,
    (sample.clock() - sample.days(0.1 + 60 * sample.share('event age', e.n))) at time zone 'UTC',
    sample.pick(array['commit', 'ticket', 'document'], 'event', e.n),
    sample.pick(array['github', 'linear', 'notion'], 'source', e.n),
    jsonb_build_object('number', e.n),
    (sample.clock() - sample.days(0.1 + 60 * sample.share('event age', e.n))) at time zone 'UTC',
    e.n % 5 = 0,
    e.n % 10 = 0
from generate_series(1, 1500) as e (n)
join sample.users u on u.n = 1 + floor(300 * sample.share('whose event', e.n))::integer;

insert into public.vibe_configs (
    id, user_id, created_at, updated_at, name, playfulness, revenue_focus, investor_perspective
)
select
    sample.id('vibe', n), id::text, (created_at + interval '10 minutes') at time zone 'UTC',
    (created_at + interval '20 minutes') at time zone 'UTC',
    sample.pick(array['Launch', 'Fundraising', 'Everyday'], 'vibe', n), n % 101, (n * 7) % 101,
    (n * 13) % 101
from sample.users
where n % 3 <> 1;

insert into public.user_template_customizations (
    id, user_id, template_id, milestone, custom_variables, enabled, created_at, updated_at
)
select
    sample.id('customization', n * 2 + k), id, 'template-' || (n % 8 + k * 8),
    sample.pick(array['idea', 'launch', 'growth'], 'milestone', n * 2 + k),
    jsonb_build_object('tone', k), n % 6 <> 0, created_at + interval '9 days',
    created_at + interval '9 days'
from sample.users
cross join generate_series(0, 1) as k
where n % 2 = 0;

insert into public.template_customization_history (
    id, customization_id, custom_variables, changed_at
)
select md5('history-' || id)::uuid, id, custom_variables, created_at
from public.user_template_customizations;

-- Events of Stripe: 500 of the last 40 days, heard by the webhook; the newest is hours old. What a
-- delivery could not be handled with, five weeks ago, Stripe no longer has.

insert into public.stripe_webhook_events (
    id, stripe_event_id, event_type, processed_at, status, error_message, created_at
)
select
    sample.id('webhook event', n),
    sample.stripe_id('evt', 'event', n),
    sample.pick(array[
        'customer.subscription.updated', 'invoice.payment_succeeded', 'checkout.session.completed',
        'customer.subscription.deleted', 'invoice.payment_failed'
    ], 'event type', n),
    case when status <> 'failed' then told_at + interval '1 second' end,
    status,
    case when status = 'failed' then 'connection terminated' end,
    told_at
from (
    select
        n,
        sample.clock() - sample.days(0.2 + n * 0.08) as told_at,
        case when n % 125 = 0 and n > 375 then 'failed' when n % 60 = 0 then 'duplicate'
            else 'processed' end as status
    from generate_series(1, 500) as n
) told;

set local session_replication_role = origin;

-- The scaffolding is no part of the system.
drop schema sample cascade;

analyze;
