\ir ../platforms/words.sql

-- InterviewLab's rows, sound as of one instant, at which the sample's clock stands still. The same
-- rows at each load.

-- Compiling these statements would take longer than running them.
set local jit = off;

-- Users: 300; the last four came today and have not confirmed their address yet.

create table sample.users as
select
    n,
    sample.id('user', n) as id,
    p.first_name,
    lower(p.first_name) || n
        || case when n % 4 = 0 then '@example.org' else '@example.com' end as email,
    n % 7 = 0 as by_google,
    n > 296 as is_new,
    sample.clock() - case
        when n > 296 then (n - 296) * interval '5 hours'
        else sample.days(3 + 420 * power(sample.share('user age', n), 1.4))
    end as created_at
from generate_series(1, 300) as n
cross join lateral (
    select sample.pick(array[
        'Ada', 'Amir', 'Anna', 'Chloe', 'Daniel', 'Emeka', 'Fatima', 'Grace', 'Hiro', 'Ines',
        'Jonas', 'Kavya', 'Liam', 'Mei', 'Noah', 'Olga', 'Priya', 'Quinn', 'Ravi', 'Sara'
    ], 'first name', n) as first_name
) p;

insert into auth.users (
    instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
    confirmation_token, confirmation_sent_at, recovery_token, email_change_token_new, email_change,
    last_sign_in_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at
)
select
    '00000000-0000-0000-0000-000000000000', id, 'authenticated', 'authenticated', email,
    case when not by_google then '$2a$10$' || repeat('.', 21) || substr(md5('word-' || n), 1, 32)
    end,
    case when not is_new then created_at + sample.seconds(30 + 900 * sample.share('sure', n)) end,
    case when is_new then md5('confirmation-' || n) else '' end,
    created_at, '', '', '',
    case when not is_new then
        sample.clock() - (sample.clock() - created_at) * power(sample.share('sign-in', n), 3)
    end,
    jsonb_build_object('provider', case when by_google then 'google' else 'email' end),
    jsonb_build_object('name', first_name),
    created_at,
    created_at
from sample.users;

insert into auth.identities (
    provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at, id
)
select
    case when known.by_google then lpad(known.n::text, 21, '1') else u.id::text end, u.id,
    jsonb_build_object('sub', u.id, 'email', u.email, 'email_verified', not known.is_new),
    case when known.by_google then 'google' else 'email' end,
    u.last_sign_in_at, u.created_at, u.created_at, sample.id('identity', known.n)
from sample.users known
join auth.users u on u.id = known.id;

insert into auth.sessions (id, user_id, created_at, updated_at, aal, refreshed_at)
select
    sample.id('sign-in', known.n), u.id, u.last_sign_in_at, u.last_sign_in_at, 'aal1',
    u.last_sign_in_at at time zone 'UTC'
from sample.users known
join auth.users u on u.id = known.id
where u.last_sign_in_at > sample.clock() - interval '30 days';

insert into auth.refresh_tokens (
    instance_id, id, token, user_id, revoked, created_at, updated_at, session_id
)
select
    '00000000-0000-0000-0000-000000000000', row_number() over (order by created_at, id),
    substr(md5('refresh-' || id), 1, 12), user_id::text, false, created_at, created_at, id
from auth.sessions;

select setval('auth.refresh_tokens_id_seq', (select max(id) from auth.refresh_tokens));

insert into public.profiles (id, user_id, plan, created_at)
select
    sample.id('profile', n), id, case when n % 10 = 0 then 'pro' else 'free' end,
    created_at + interval '2 minutes'
from sample.users
where not is_new;

-- Packages: two of three users bought one, some a second; one in twenty was a present. A package is
-- good for 180 days. The five newest were bought within the day.

create table sample.packages as
with bought as (
    select
        u.n, u.id as user_id, turn,
        10 * u.n + turn as package,
        sample.share('package age ' || turn, u.n) as share,
        u.created_at as joined_at
    from sample.users u
    cross join generate_series(1, 2) as turn
    where not u.is_new and u.n % 3 <> 0 and (turn = 1 or u.n % 12 in (1, 5))
),
tiered as (
    select
        *,
        sample.pick(array['starter', 'starter', 'professional', 'elite'], 'tier', package) as tier,
        n % 20 = 4 and turn = 1 as is_gift,
        case
            when turn = 1 and n in (11, 22, 41, 53, 71) then sample.clock() - n * interval '17 minutes'
            else joined_at + sample.seconds(
                extract(epoch from sample.clock() - interval '1 day' - joined_at) * share
            )
        end as created_at
    from bought
),
counted as (
    select
        *,
        case tier when 'starter' then 3 when 'professional' then 5 else 10 end as worth,
        created_at + interval '180 days' as expires_at,
        sample.share('used', package) as spent
    from tiered
)
select
    *,
    sample.id('package', package) as id,
    case
        when sample.clock() - created_at < interval '2 days' then 0
        when spent < 0.4 then worth
        else floor(worth * (spent - 0.4) / 0.6)::integer
    end as used
from counted;

insert into public.entitlements (
    id, user_id, type, status, metadata, expires_at, consumed_at, created_at,
    remaining_interviews, tier, purchase_type, perks, stripe_session_id, currency
)
select
    id,
    user_id,
    'interview_package',
    case when used = worth then 'consumed' when expires_at < sample.clock() then 'expired'
        else 'active' end,
    case when is_gift then '{"reason": "beta tester"}'::jsonb else '{}' end,
    expires_at,
    case when used = worth then created_at
        + (least(sample.clock() - interval '4 hours', expires_at) - created_at) * used / (used + 1)
    end,
    created_at,
    case when expires_at < sample.clock() then 0 else worth - used end,
    tier,
    case when is_gift then 'gift' else 'one_time' end,
    jsonb_build_object('voice_mode', tier <> 'starter', 'multi_stage', tier <> 'starter'),
    case when not is_gift then sample.stripe_id('cs_live', 'checkout', package) end,
    case when tier = 'starter' then 'USD' else 'AUD' end
from sample.packages;

-- Sessions: one for each interview of a package that was used, one free one for most users, and a
-- few that run at this moment.

create table sample.sessions as
with held as (
    select
        'paid' as plan_tier,
        100 * package + interview as n,
        user_id,
        id as entitlement_id,
        created_at
            + (least(sample.clock() - interval '4 hours', expires_at) - created_at)
            * interview / (used + 1) as created_at,
        tier
    from sample.packages
    cross join lateral generate_series(1, used) as interview
    union all
    select
        'free', n, id, null,
        created_at + (sample.clock() - interval '4 hours' - created_at)
            * sample.share('free session', n),
        null
    from sample.users
    where not is_new and n % 5 <> 0
)
select
    *,
    sample.id('session', n) as id,
    case
        when sample.share('session state', n) < 0.9 then 'complete'
        when sample.share('session state', n) < 0.95 then 'feedback'
        when plan_tier = 'free' then sample.pick(array['intake', 'research', 'ready'], 'early', n)
        else 'ready'
    end as status,
    case when tier in ('professional', 'elite') and n % 3 <> 0 then 'voice' else 'text' end as mode,
    case when tier in ('professional', 'elite') then 1 + n % 3 else 1 end as stages,
    4 + n % 3 as turns
from held
union all
select
    'free', 900000 + n, id, null, sample.clock() - n * interval '2 minutes', null,
    sample.id('running session', n), 'running', 'text', 1, 1 + n % 3
from sample.users
where n % 5 = 0 and n <= 40;

insert into public.sessions (
    id, user_id, status, job_title, company, location, created_at, updated_at, plan_tier, mode,
    stages_planned, current_stage, entitlement_id, turn_index, last_activity
)
select
    id,
    user_id,
    status,
    sample.pick(array[
        'Nurse', 'Data Analyst', 'Teacher', 'Product Manager', 'Electrician', 'Accountant'
    ], 'job title', n),
    sample.pick(array['Northwind', 'Harbour Health', 'Cedar Bank'], 'company', n),
    sample.pick(array['Sydney', 'Melbourne', 'Austin', 'Boston'], 'location', n),
    created_at,
    created_at + interval '1 minute',
    plan_tier,
    mode,
    stages,
    case when status = 'complete' then stages else 1 end,
    entitlement_id,
    case when status in ('complete', 'running') then turns when status = 'feedback' then 2
        else 0 end,
    (created_at + case
        when status = 'running' then interval '30 seconds'
        else turns * interval '5 minutes'
    end) at time zone 'UTC'
from sample.sessions;

insert into public.turns (
    id, session_id, user_id, question, tts_key, answer_text, answer_audio_key, answer_digest,
    timing, created_at, turn_type
)
select
    sample.id('turn ' || turn, s.n),
    s.id,
    s.user_id,
    jsonb_build_object('text', 'Question ' || turn, 'stage', 1),
    case when s.mode = 'voice' then 'tts/' || s.id || '/' || turn || '.mp3' end,
    'An answer of ' || 40 + turn * 20 || ' words',
    case when s.mode = 'voice' then s.user_id || '/' || s.id || '/' || turn || '.webm' end,
    jsonb_build_object('words', 40 + turn * 20),
    jsonb_build_object('seconds', 30 + turn * 9),
    s.created_at + turn * interval '4 minutes',
    case when turn = 1 then 'small_talk' when turn = s.turns then 'confirmation' else 'question' end
from sample.sessions s
cross join lateral generate_series(1, case
    when s.status in ('complete', 'running') then s.turns
    when s.status = 'feedback' then 2
    else 0
end) as turn;

insert into public.reports (id, session_id, user_id, pdf_key, created_at, feedback)
select
    sample.id('report', n),
    id,
    user_id,
    case when n % 5 <> 0 then user_id || '/' || id || '.pdf' end,
    created_at + interval '40 minutes',
    jsonb_build_object('score', 50 + n % 50)
from sample.sessions
where status = 'complete';

-- History: what each package was when it came, what each interview took, what an end took.

insert into public.entitlement_history (
    id, user_id, entitlement_id, action, interview_session_id, previous_balance, new_balance,
    metadata, created_at
)
select
    sample.id('history 0', package), user_id, id,
    case when is_gift then 'grant' else 'purchase' end, null,
    case when not is_gift then 0 end, worth,
    case when is_gift then '{"manual": true, "granted_by": "admin"}'::jsonb else '{}' end,
    created_at
from sample.packages
union all
select
    sample.id('history ' || s.n % 100, p.package), p.user_id, p.id, 'consume', s.id,
    p.worth - s.n % 100 + 1, p.worth - s.n % 100, '{}', s.created_at
from sample.sessions s
join sample.packages p on p.id = s.entitlement_id
union all
select
    sample.id('history end', package), user_id, id, 'expire', null, worth - used, 0, '{}',
    expires_at + interval '1 hour'
from sample.packages
where expires_at < sample.clock() and used < worth;

-- Files: what candidates uploaded, said, and got, each below its owner's id.

insert into public.documents (id, user_id, type, storage_key, extracted_text, created_at)
select
    sample.id('document ' || kind, n), id, kind,
    id || '/' || sample.id('document ' || kind, n) || '.pdf',
    'Text of a ' || kind,
    created_at + interval '10 minutes'
from sample.users
cross join unnest(array['cv', 'jobspec']) as kind
where not is_new and (kind = 'cv' or n % 3 = 0);

insert into storage.objects (
    id, bucket_id, name, created_at, updated_at, last_accessed_at, metadata, version, owner_id
)
select
    md5('object-' || bucket || name)::uuid, bucket, name, at, at, at,
    jsonb_build_object('size', size, 'mimetype', mimetype),
    md5('version-' || bucket || name)::uuid, user_id::text
from (
    select
        'uploads' as bucket, storage_key as name, user_id, created_at as at,
        60000 + ('x' || substr(md5(id::text), 1, 5))::bit(20)::integer * 3 as size,
        'application/pdf' as mimetype
    from public.documents
    union all
    select
        'audio', answer_audio_key, user_id, created_at,
        90000 + ('x' || substr(md5(id::text), 1, 4))::bit(16)::integer * 4, 'audio/webm'
    from public.turns
    where answer_audio_key is not null
    union all
    select
        'reports', pdf_key, user_id, created_at,
        30000 + ('x' || substr(md5(id::text), 1, 4))::bit(16)::integer, 'application/pdf'
    from public.reports
    where pdf_key is not null
) files;

-- The scaffolding is no part of the system.
drop schema sample cascade;

analyze;
