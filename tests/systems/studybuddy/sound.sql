\ir ../platforms/words.sql

-- StudyBuddy's rows, sound as of one instant, at which the sample's clock stands still. The same
-- rows at each load.

-- Compiling these statements would take longer than running them.
set local jit = off;

-- Where a trigger would write the time of the load, it is kept quiet and its work is done here.
set local session_replication_role = replica;

-- Users: 500, more of them recent than old; 1 to 3 are the admins, every 71st is disabled.

create table sample.users as
select
    n,
    sample.id('user', n) as id,
    p.first_name,
    p.last_name,
    lower(p.first_name || '.' || p.last_name) || n
        || case when n % 4 = 0 then '@example.org' else '@example.com' end as email,
    n <= 3 as is_admin,
    n % 71 = 0 as is_disabled,
    '1' || (array['202', '212', '305', '312', '415'])[1 + n % 5] || '55501'
        || lpad((n / 5 % 100)::text, 2, '0') as phone,
    -- Whoever is in trial has come within two weeks; whoever has left took longer.
    sample.clock() - sample.days(case
        when n <= 3 then 410 - n
        when n % 10 in (3, 4) then 0.3 + 13.4 * sample.share('user age', n)
        when n % 10 = 5 then 10 + 50 * sample.share('user age', n)
        when n % 10 in (6, 7, 8) then 60 + 340 * sample.share('user age', n)
        else 15 + 385 * power(sample.share('user age', n), 1.6)
    end) as created_at
from generate_series(1, 500) as n
cross join lateral (
    select
        sample.pick(array[
            'Aisha', 'Amal', 'Bashar', 'Dina', 'Farah', 'Hadi', 'Hana', 'Ibrahim', 'Jana', 'Karim',
            'Laila', 'Maha', 'Mona', 'Nabil', 'Noor', 'Omar', 'Rami', 'Rana', 'Reem', 'Salma',
            'Sami', 'Tariq', 'Yara', 'Yusuf', 'Zain', 'Anna', 'David', 'Elena', 'James', 'Sofia'
        ], 'first name', n) as first_name,
        sample.pick(array[
            'Abadi', 'Ansari', 'Barakat', 'Darwish', 'Fakhri', 'Ghanem', 'Haddad', 'Hamdan',
            'Jaber', 'Kanaan', 'Khalil', 'Mansour', 'Masri', 'Nasser', 'Qasim', 'Rahman', 'Saleh',
            'Shaheen', 'Tamimi', 'Younis', 'Zayed', 'Martin', 'Novak', 'Rossi', 'Weber'
        ], 'last name', n) as last_name
) p;

insert into auth.users (
    instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
    confirmation_token, confirmation_sent_at, recovery_token, email_change_token_new, email_change,
    last_sign_in_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
    phone, phone_confirmed_at
)
select
    '00000000-0000-0000-0000-000000000000', id, 'authenticated', 'authenticated', email,
    '$2a$10$' || repeat('.', 21) || substr(md5('password-' || n), 1, 32),
    created_at + sample.seconds(40 + 600 * sample.share('confirmed', n)),
    '', created_at, '', '', '',
    sample.clock() - (sample.clock() - created_at) * power(sample.share('sign-in', n), 3),
    '{"provider": "email", "providers": ["email"]}',
    jsonb_build_object('display_name', first_name),
    created_at,
    created_at + sample.seconds(40 + 600 * sample.share('confirmed', n)),
    case when n % 9 = 0 then phone end,
    case when n % 9 = 0 then created_at + interval '5 minutes' end
from sample.users;

insert into public.profiles (
    id, user_id, email, display_name, language, is_disabled, created_at, updated_at,
    daily_study_hours, study_days_per_week, days_off, phone_number, department, university,
    full_name, profile_completed
)
select
    sample.id('profile', n), id, email, first_name,
    case when n % 3 = 0 then 'en' else 'ar' end,
    is_disabled,
    created_at,
    created_at + (sample.clock() - created_at) * sample.share('profile touched', n),
    1.5 + (n % 8) * 0.5,
    4 + n % 4,
    case when n % 4 = 3 then '{}'::text[] else array['friday', 'saturday'] end,
    case when n % 8 <> 0 then '+' || phone end,
    sample.pick(array['Medicine', 'Engineering', 'Law', 'Business', 'Physics'], 'department', n),
    sample.pick(array['Northfield University', 'Harbour College', 'Cedar Institute'], 'school', n),
    first_name || ' ' || last_name,
    n % 8 <> 0
from sample.users;

insert into public.user_roles (id, user_id, role, created_at)
select sample.id('user role', n), id, 'user'::public.app_role, created_at from sample.users
union all
select sample.id('admin role', n), id, 'admin', created_at + interval '1 day'
from sample.users
where is_admin;

set local session_replication_role = origin;

insert into auth.identities (
    provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at, id
)
select
    u.id::text, u.id,
    jsonb_build_object('sub', u.id, 'email', u.email, 'email_verified', true),
    'email', u.last_sign_in_at, u.created_at, u.created_at, sample.id('identity', known.n)
from sample.users known
join auth.users u on u.id = known.id;

insert into auth.sessions (
    id, user_id, created_at, updated_at, aal, refreshed_at, user_agent, ip
)
select
    sample.id('session', known.n), u.id, u.last_sign_in_at, u.last_sign_in_at, 'aal1',
    u.last_sign_in_at at time zone 'UTC',
    sample.pick(array['Mozilla/5.0 (Android)', 'Mozilla/5.0 (iPhone)', 'Mozilla/5.0 (X11)'],
        'agent', known.n),
    ('192.0.2.' || (1 + known.n % 250))::inet
from sample.users known
join auth.users u on u.id = known.id
where u.last_sign_in_at > sample.clock() - interval '30 days' and not known.is_disabled;

insert into auth.refresh_tokens (
    instance_id, id, token, user_id, revoked, created_at, updated_at, parent, session_id
)
select
    '00000000-0000-0000-0000-000000000000',
    row_number() over (order by s.created_at, s.id, turn),
    substr(md5('refresh-' || turn || s.id), 1, 12),
    s.user_id::text,
    turn = 1,
    s.created_at,
    s.created_at,
    case when turn = 2 then substr(md5('refresh-1' || s.id), 1, 12) end,
    s.id
from auth.sessions s
cross join generate_series(1, 2) as turn;

select setval('auth.refresh_tokens_id_seq', (select max(id) from auth.refresh_tokens));

insert into auth.one_time_tokens (
    id, user_id, token_type, token_hash, relates_to, created_at, updated_at
)
select
    sample.id('one-time token', n), id, 'recovery_token', md5('recovery-' || n), email,
    (sample.clock() - n * interval '1 minute') at time zone 'UTC',
    (sample.clock() - n * interval '1 minute') at time zone 'UTC'
from sample.users
where n % 40 = 5;

-- Courses: three a user, from soon after sign-up.

create table sample.courses as
select
    c.n,
    sample.id('course', c.n) as id,
    u.id as user_id,
    u.n as user_n,
    u.is_disabled,
    sample.clock()
        - (sample.clock() - u.created_at) * (0.6 + 0.38 * sample.share('course age', c.n))
        as created_at
from generate_series(1, 1500) as c (n)
join sample.users u on u.n = 1 + (c.n - 1) % 500;

insert into public.courses (
    id, user_id, title, description, exam_date, status, color, created_at, updated_at
)
select
    id,
    user_id,
    sample.pick(array[
        'Anatomy', 'Organic Chemistry', 'Linear Algebra', 'Calculus', 'Contract Law',
        'Microeconomics', 'Thermodynamics', 'Statistics', 'Data Structures', 'Pharmacology',
        'Mechanics', 'Accounting'
    ], 'title', n) || ' ' || sample.pick(array['I', 'II', 'III'], 'part', n),
    case when n % 3 = 0 then 'Lecture notes and past exams' end,
    case when n % 6 <> 0 then
        (sample.clock() at time zone 'UTC')::date
        + 120 - floor(200 * sample.share('exam', n))::integer
    end,
    case when n % 11 = 0 then 'archived' when n % 7 = 0 then 'completed' else 'active' end,
    sample.pick(array['#6366f1', '#f97316', '#10b981', '#ef4444'], 'colour', n),
    created_at,
    created_at + (sample.clock() - created_at) * sample.share('course touched', n)
from sample.courses;

-- Jobs: 10,000, denser towards the present; the last 100 are alive or asked for within the hour.

insert into public.ai_jobs (
    id, user_id, course_id, job_type, status, input_hash, result_json, error_message,
    questions_for_student, created_at, updated_at
)
select
    sample.id('job', n),
    user_id,
    case when n % 20 <> 0 then course_id end,
    job_type,
    status,
    md5('input-' || n),
    case when status = 'completed' then jsonb_build_object('topics', 3 + n % 17) end,
    case when status = 'failed' then sample.pick(array[
        'The model returned no topics', 'The provider answered 503', 'The file has no text'
    ], 'error', n) end,
    case when status = 'needs_review' then array['Which chapters does the exam cover?'] end,
    created_at,
    -- Every 50th row was queued again later, and keeps the time of its first attempt.
    created_at + case
        when n % 50 = 7 then age * sample.share('again', n)
        else least(sample.seconds(15 + 170 * sample.share('duration', n)), age * 0.9)
    end
from (
    select
        j.n,
        c.id as course_id,
        c.user_id,
        a.age,
        sample.clock() - a.age as created_at,
        case
            when sample.share('status', j.n) < 0.945 then 'completed'
            when sample.share('status', j.n) < 0.965 then 'failed'
            else 'needs_review'
        end as status,
        case
            when j.n % 20 = 0 then sample.pick(array[
                'generate_plan', 'smart_plan', 'plan_generation', 'plan_regeneration',
                'reschedule_plan'
            ], 'plan job', j.n)
            when j.n % 5 = 0 then 'analyze_topic'
            else 'extract_topics'
        end as job_type
    from generate_series(1, 9900) as j (n)
    join sample.courses c on c.n = 1 + floor(1500 * sample.share('job course', j.n))::integer
    cross join lateral (
        select case
            when sample.clock() - c.created_at < interval '3 days'
            then (sample.clock() - c.created_at) * (0.5 + 0.5 * sample.share('job age', j.n))
            else least(sample.clock() - c.created_at, interval '60 days')
                * sample.share('job age', j.n)
        end as age
    ) a
) jobs;

-- Running for less than five minutes, half of them in rows that were first queued days ago.
insert into public.ai_jobs (
    id, user_id, course_id, job_type, status, input_hash, created_at, updated_at
)
select
    sample.id('running job', k.n), c.user_id, c.id, 'extract_topics', 'running',
    md5('running-input-' || k.n),
    sample.clock() - k.n * interval '20 seconds'
        - case when k.n % 2 = 0 then k.n * interval '9 hours' else interval '3 seconds' end,
    sample.clock() - k.n * interval '20 seconds'
from generate_series(1, 12) as k (n)
join sample.courses c on c.n = 500 + 10 * k.n;

-- Queued for less than a quarter of an hour.
insert into public.ai_jobs (
    id, user_id, course_id, job_type, status, input_hash, created_at, updated_at
)
select
    sample.id('queued job', k.n), c.user_id, c.id, 'extract_topics', 'queued',
    md5('queued-input-' || k.n),
    sample.clock() - k.n * interval '50 seconds',
    sample.clock() - k.n * interval '50 seconds'
from generate_series(1, 16) as k (n)
join sample.courses c on c.n = 1000 + 10 * k.n;

-- One Pro user asks 48 times within the hour, of 50 allowed; one in trial 24 times, of 30 by an
-- override.
insert into public.ai_jobs (
    id, user_id, course_id, job_type, status, input_hash, result_json, created_at, updated_at
)
select
    sample.id('eager job', k.n), c.user_id, c.id, 'extract_topics', 'completed',
    md5('eager-input-' || k.n), jsonb_build_object('topics', 3 + k.n % 17),
    sample.clock() - interval '2 minutes' - k.n * interval '40 seconds',
    sample.clock() - interval '80 seconds' - k.n * interval '40 seconds'
from generate_series(1, 72) as k (n)
join sample.courses c on c.n = case when k.n % 3 = 0 then 14 else 11 end;

-- Files: 2,000; eight of them being extracted.

insert into public.course_files (
    id, course_id, user_id, file_path, file_name, file_size, mime_type, extracted_text,
    extraction_status, created_at, updated_at, extraction_method, pages_processed,
    extraction_quality, extraction_metadata, extraction_run_id
)
select
    id,
    course_id,
    user_id,
    user_id || '/' || course_id || '/' || id || '.pdf',
    file_name,
    20000 + floor(8000000 * power(sample.share('size', n), 3))::integer,
    'application/pdf',
    case when status in ('extracted', 'completed') then 'Chapter ' || (1 + n % 12) end,
    status,
    created_at,
    created_at + least(sample.seconds(60 + 240 * sample.share('extraction', n)), age * 0.5),
    case when status <> 'pending' then case when n % 6 = 0 then 'ocr' else 'text' end end,
    case when status in ('extracted', 'completed') then 4 + n % 60 end,
    case
        when status in ('extracted', 'completed')
        then sample.pick(array['high', 'high', 'medium', 'low'], 'quality', n)
        when status = 'failed' then 'failed'
    end,
    case when status <> 'pending' then jsonb_build_object('engine', 'v2') else '{}' end,
    case when status <> 'pending' then sample.id('extraction run', n) end
from (
    select
        f.n,
        sample.id('file', f.n) as id,
        c.id as course_id,
        c.user_id,
        (sample.clock() - c.created_at) * (0.4 + 0.5 * sample.share('file age', f.n)) as age,
        sample.clock()
            - (sample.clock() - c.created_at) * (0.4 + 0.5 * sample.share('file age', f.n))
            as created_at,
        'chapter-' || (1 + f.n % 12) || '.pdf' as file_name,
        case
            when sample.share('file status', f.n) < 0.60 then 'completed'
            when sample.share('file status', f.n) < 0.80 then 'extracted'
            when sample.share('file status', f.n) < 0.88 then 'pending'
            when sample.share('file status', f.n) < 0.93 then 'failed'
            when sample.share('file status', f.n) < 0.96 then 'empty'
            else 'manual_required'
        end as status
    from generate_series(1, 1992) as f (n)
    join sample.courses c on c.n = 1 + (f.n - 1) % 1500
) files;

-- Five have waited longer than five minutes, but a job lives; three have no job yet, and are new.
insert into public.course_files (
    id, course_id, user_id, file_path, file_name, file_size, extraction_status, created_at,
    updated_at, extraction_method, extraction_run_id
)
select
    sample.id('file being extracted', k.n), c.id, c.user_id,
    c.user_id || '/' || c.id || '/' || sample.id('file being extracted', k.n) || '.pdf',
    'lecture-' || k.n || '.pdf',
    400000 + k.n * 1000,
    'extracting',
    sample.clock() - k.n * interval '7 minutes',
    sample.clock() - case
        when k.n <= 5 then k.n * interval '7 minutes'
        else (k.n - 5) * interval '1 minute'
    end,
    'text',
    sample.id('run being extracted', k.n)
from generate_series(1, 8) as k (n)
join sample.courses c on c.n = 500 + case when k.n <= 5 then 10 * k.n else 200 + k.n end;

insert into storage.buckets (
    id, name, public, file_size_limit, allowed_mime_types, created_at, updated_at
) values
    (
        'course-files', 'course-files', false, 52428800, '{application/pdf}',
        '2025-09-21 08:40:10+00', '2025-09-21 08:40:10+00'
    ),
    (
        'avatars', 'avatars', true, 2097152, '{image/png,image/jpeg}',
        '2025-09-14 10:15:02+00', '2025-09-14 10:15:02+00'
    );

insert into storage.objects (
    id, bucket_id, name, created_at, updated_at, last_accessed_at, metadata, version, owner_id
)
select
    md5('object-' || id)::uuid, 'course-files', file_path, created_at, created_at, created_at,
    jsonb_build_object('size', file_size, 'mimetype', mime_type),
    md5('version-' || id)::uuid, user_id::text
from public.course_files;

-- Subscriptions: three of ten users pay, two are in trial, three have left, two never began.

create table sample.subscriptions as
with chosen as (
    select
        n,
        id as user_id,
        created_at as joined_at,
        created_at + interval '14 days' as paid_since,
        sample.share('period', n) as share,
        case
            when n % 10 in (0, 1, 2) then 'active'
            when n % 10 in (3, 4) then 'trialing'
            when n % 10 = 6 then 'canceled'
            when n % 10 = 7 then 'expired'
            when n % 10 = 8 then 'past_due'
        end as status
    from sample.users
    where n > 3 and n % 10 not in (5, 9)
),
priced as (
    select
        *,
        status in ('active', 'canceled', 'past_due') or (status = 'expired' and n % 20 = 7)
            as has_paid,
        status = 'active' and n % 6 = 0 as is_yearly
    from chosen
),
started as (
    select
        *,
        case
            when status = 'active' then greatest(
                paid_since,
                sample.clock() - sample.days(0.1 + share * case when is_yearly then 300 else 27 end)
            )
            when status <> 'trialing' then paid_since + sample.seconds(
                share * extract(epoch from sample.clock() - paid_since - interval '35 days')
            )
        end as period_start
    from priced
),
ended as (
    select
        *,
        period_start + case when is_yearly then interval '1 year' else interval '1 month' end
            as period_end
    from started
)
select
    *,
    case status
        when 'active' then period_start + interval '4 seconds'
        when 'canceled' then period_end + interval '5 seconds'
        when 'past_due' then period_end + interval '1 hour'
        when 'expired' then period_end + interval '2 days'
    end as told_at
from ended;

set local session_replication_role = replica;

insert into public.subscriptions (
    id, user_id, plan_id, status, trial_start, trial_end, current_period_start, current_period_end,
    stripe_customer_id, stripe_subscription_id, created_at, updated_at, stripe_event_id,
    last_webhook_at
)
select
    sample.id('subscription', n),
    user_id,
    case when has_paid then md5('plan-pro')::uuid end,
    status,
    joined_at,
    joined_at + interval '14 days',
    case when has_paid then period_start end,
    case when has_paid then period_end end,
    case when has_paid then sample.stripe_id('cus', 'customer', n) end,
    case when has_paid then sample.stripe_id('sub', 'stripe subscription', n) end,
    joined_at,
    case
        when has_paid then told_at + interval '1 second'
        when status = 'expired' then joined_at + interval '14 days'
        else joined_at
    end,
    case when has_paid then sample.stripe_id('evt', 'newest event', n) end,
    case when has_paid then told_at + interval '1 second' end
from sample.subscriptions;

-- The payload is the event's data.object, and the last event of each customer is the row's own.
insert into public.webhook_events (
    id, event_id, event_type, payload, processed_at, created_at
)
select
    sample.id('subscription event ' || turn, n),
    sample.stripe_id('evt', turn || ' event', n),
    event_type,
    jsonb_build_object(
        'id', sample.stripe_id('sub', 'stripe subscription', n),
        'object', 'subscription',
        'customer', sample.stripe_id('cus', 'customer', n),
        'status', stripe_status,
        'created', extract(epoch from paid_since)::bigint,
        'currency', 'usd',
        'cancel_at_period_end', false,
        'livemode', true,
        'metadata', jsonb_build_object('user_id', user_id),
        'items', jsonb_build_object('object', 'list', 'has_more', false, 'data', jsonb_build_array(
            jsonb_build_object(
                'id', sample.stripe_id('si', 'item', n),
                'object', 'subscription_item',
                'quantity', 1,
                'current_period_start', extract(epoch from starts_at)::bigint,
                'current_period_end', extract(epoch from ends_at)::bigint,
                'price', jsonb_build_object(
                    'id', case when is_yearly then 'price_pro_yearly' else 'price_pro_monthly' end,
                    'object', 'price',
                    'currency', 'usd',
                    'product', 'prod_studybuddy_pro',
                    'unit_amount', case when is_yearly then 12000 else 1200 end,
                    'recurring', jsonb_build_object(
                        'interval', case when is_yearly then 'year' else 'month' end,
                        'interval_count', 1
                    )
                )
            )
        ))
    ),
    told_at,
    told_at
from (
    select
        n, user_id, paid_since, is_yearly, 'first' as turn,
        'customer.subscription.created' as event_type, 'active' as stripe_status,
        paid_since as starts_at,
        paid_since + case when is_yearly then interval '1 year' else interval '1 month' end
            as ends_at,
        paid_since + interval '2 seconds' as told_at
    from sample.subscriptions
    where has_paid
    union all
    select
        n, user_id, paid_since, is_yearly, 'newest',
        case when status = 'canceled' then 'customer.subscription.deleted'
            else 'customer.subscription.updated' end,
        case when status = 'expired' then 'unpaid' else status end,
        period_start, period_end, told_at
    from sample.subscriptions
    where has_paid
) told;

insert into public.webhook_events (
    id, event_id, event_type, payload, processed_at, created_at
)
select
    sample.id('payment event ' || event_type, n),
    sample.stripe_id('evt', event_type, n),
    event_type,
    jsonb_build_object(
        'id', sample.stripe_id(prefix, event_type || ' object', n),
        'object', object,
        'customer', sample.stripe_id('cus', 'customer', n),
        'subscription', sample.stripe_id('sub', 'stripe subscription', n),
        'currency', 'usd',
        'livemode', true
    ),
    told_at,
    told_at
from (
    select
        n, 'checkout.session.completed' as event_type, 'cs_live' as prefix,
        'checkout.session' as object, paid_since as told_at
    from sample.subscriptions
    where has_paid
    union all
    select n, 'invoice.payment_succeeded', 'in', 'invoice', period_start + interval '3 seconds'
    from sample.subscriptions
    where has_paid
    union all
    -- This one comes after the subscription's own event, and leaves no trace of itself there.
    select n, 'invoice.payment_failed', 'in', 'invoice', told_at + interval '2 seconds'
    from sample.subscriptions
    where has_paid and status in ('past_due', 'expired')
) paid;

-- Overrides: an operator's favours for a day, two that have ended, and a few for good.

insert into public.admin_overrides (
    id, user_id, quota_overrides, trial_extension_days, notes, created_by, created_at, updated_at
)
select
    sample.id('override', n),
    sample.id('user', n),
    quota::jsonb,
    0,
    notes,
    sample.id('user', 1 + n % 3),
    sample.clock() - age - case when n % 2 = 0 then interval '9 days' else interval '0' end,
    sample.clock() - age
from (values
    (5, '{"ai_extractions": 20}', 'Temporary rate limit increase', interval '2 hours'),
    (14, '{"ai_extractions": 30}', 'Temporary rate limit increase', interval '7 hours'),
    (23, '{"ai_extractions": 20}', 'Temporary, expires in 24h', interval '11 hours'),
    (34, '{"ai_extractions": 20}', 'Temporary rate limit increase', interval '15 hours'),
    (49, '{"ai_extractions": 20}', 'temporary, expires in 24h', interval '22 hours'),
    (52, '{}', 'Temporary rate limit increase', interval '12 days'),
    (61, '{}', 'Temporary, expires in 24h', interval '31 days'),
    (21, '{"ai_extractions": 200}', 'Research partner', interval '90 days'),
    (32, '{"ai_extractions": -1}', 'Beta tester', interval '45 days'),
    (41, '{"monthly_credits": 3000}', 'Campus ambassador', interval '20 days'),
    (79, '{"courses": 10}', 'Retakes a year', interval '16 days'),
    (89, '{"courses": 6}', null, interval '12 days')
) as granted (n, quota, notes, age);

-- What the triggers on both tables would have written, but for the time.
insert into public.user_credits (
    user_id, balance, monthly_allowance, last_reset_date, plan_tier, updated_at, billing_anchor_date
)
select
    s.user_id,
    floor(terms.allowance * sample.share('balance', s.n))::integer,
    terms.allowance,
    coalesce(s.period_start, s.joined_at),
    terms.tier,
    coalesce(s.told_at, s.joined_at),
    (s.joined_at at time zone 'UTC')::date
from sample.subscriptions s
cross join lateral public.credit_terms(s.user_id) terms;

set local session_replication_role = origin;

insert into public.credit_usage_events (
    id, user_id, created_at, action_type, credits_charged, job_id, tokens_in, tokens_out,
    latency_ms, provider_response_metadata, course_id
)
select
    md5('usage-' || id)::uuid, user_id, updated_at, job_type, case job_type
        when 'extract_topics' then 10
        when 'analyze_topic' then 4
        else 6
    end,
    id,
    2000 + floor(30000 * sample.share('tokens in ' || id, 1))::integer,
    200 + floor(3000 * sample.share('tokens out ' || id, 1))::integer,
    1500 + floor(22000 * sample.share('latency ' || id, 1))::integer,
    '{"finish_reason": "stop"}',
    course_id
from public.ai_jobs
where status = 'completed'
    and updated_at > sample.clock() - interval '30 days'
    and sample.share('metered ' || id, 1) < 0.3;

insert into public.audit_logs (
    id, created_at, actor_id, actor_role, target_user_id, action_type, metadata, request_id
)
select
    md5('audit-' || id)::uuid, created_at, created_by, 'admin', user_id, 'admin_override_insert',
    jsonb_build_object('override_id', id, 'quota_overrides', quota_overrides),
    substr(md5('request-' || id), 1, 16)
from public.admin_overrides
union all
select
    md5('audit-' || id)::uuid, created_at + interval '3 days', sample.id('user', 1 + n % 3),
    'admin', id, 'user_disabled', '{}', substr(md5('request-' || id), 1, 16)
from sample.users
where is_disabled;

-- The scaffolding is no part of the system.
drop schema sample cascade;

analyze;
