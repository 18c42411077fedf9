\ir ../platforms/words.sql

-- IELTS EQ's rows, sound as of one instant, at which the sample's clock stands still. The same rows
-- at each load.

-- Compiling these statements would take longer than running them.
set local jit = off;

-- An id as Prisma's client makes them, and an instant as its columns keep it.

create function sample.cuid(what text, n bigint) returns text language sql immutable as $$
    select 'c' || substr(md5(what || '-' || n), 1, 24)
$$;

create function sample.kept(instant timestamptz) returns timestamp(3)
    language sql immutable as $$
    select instant at time zone 'UTC'
$$;

-- Migrations, one of which failed once, was marked as rolled back and then applied.

insert into public."_prisma_migrations" (
    id, checksum, migration_name, started_at, finished_at, rolled_back_at, logs, applied_steps_count
)
select
    sample.id('migration', n)::text, md5(name) || md5(name || '.sql'), name, at,
    case when n <> 5 then at + interval '2 seconds' end,
    case when n = 5 then at + interval '20 minutes' end,
    case when n = 5 then 'A migration failed to apply. Database error code: 55P03' end,
    case when n <> 5 then 1 else 0 end
from (values
    (1, '20251018101530_init'),
    (2, '20251029141205_question_usage'),
    (3, '20251106190344_pronunciation_and_flashcards'),
    (4, '20251127094626_test_status_as_text'),
    (5, '20251203112918_blog'),
    (6, '20251203112918_blog'),
    (7, '20251210160127_password_sign_in'),
    (8, '20251217084551_login_attempts'),
    (9, '20260114101210_blog_drafts'),
    (10, '20260302093000_credits'),
    (11, '20260302094500_block_users')
) as applied(n, name)
cross join lateral (
    select to_timestamp(left(name, 14), 'YYYYMMDDHH24MISS')
        + case when n = 6 then interval '1 hour' else interval '30 minutes' end as at
) as started;

-- Users: 400. 1 to 3 are the admins, every 97th is blocked, every fifth signs in with a password.

create table sample.users as
select
    n,
    sample.cuid('user', n) as id,
    p.first_name,
    p.last_name,
    lower(p.first_name || '.' || p.last_name) || n || '@example.com' as email,
    n % 97 = 0 as is_blocked,
    n % 5 = 0 as has_password,
    sample.clock() - sample.days(case
        when n <= 3 then 380 - n
        else 3 + 370 * power(sample.share('user age', n), 1.4)
    end) as created_at
from generate_series(1, 400) as n
cross join lateral (
    select
        sample.pick(array[
            'Adaeze', 'Amir', 'Ananya', 'Bao', 'Camila', 'Chidi', 'Daria', 'Emeka', 'Fatima',
            'Gita', 'Hao', 'Imran', 'Jisoo', 'Karan', 'Linh', 'Mateo', 'Mei', 'Nadia', 'Olga',
            'Priya', 'Rafael', 'Sana', 'Tuan', 'Wei', 'Yuki'
        ], 'first name', n) as first_name,
        sample.pick(array[
            'Ahmed', 'Chen', 'Costa', 'Das', 'Garcia', 'Hussain', 'Ibrahim', 'Kim', 'Kumar', 'Le',
            'Nguyen', 'Okafor', 'Patel', 'Pham', 'Rahman', 'Santos', 'Sato', 'Sharma', 'Tran',
            'Zhang'
        ], 'last name', n) as last_name
) as p;

-- Credits: packs that were paid for, some of them refunded. The webhook logs what it adds, an admin
-- what they take back, and both name what it was for.

create table sample.purchases as
select
    pack.n * 10 + buyer.pack as n,
    buyer.n as user_n,
    buyer.id as user_id,
    pack.credits,
    sample.stripe_id('cs', 'checkout', pack.n * 10 + buyer.pack) as session,
    sample.stripe_id('pi', 'checkout', pack.n * 10 + buyer.pack) as payment,
    sample.stripe_id('re', 'checkout', pack.n * 10 + buyer.pack) as refund,
    buyer.n % 40 = 0 and buyer.pack = 1 as is_refunded,
    buyer.created_at + (sample.clock() - interval '5 hours' - buyer.created_at)
        * sample.share('bought', pack.n * 10 + buyer.pack) as at
from (
    select users.n, users.id, users.created_at, pack
    from sample.users cross join generate_series(1, 2) as pack
    where users.n % 4 = 0 and (pack = 1 or users.n % 12 = 0)
) as buyer
cross join lateral (
    select buyer.n, (array[10, 10, 30, 100])[1 + buyer.n / 4 % 4] as credits
) as pack;

insert into public."User" (
    id, name, email, "emailVerified", image, "createdAt", "updatedAt", "lastActiveAt", role,
    password, credits, "isBlocked"
)
select
    id, first_name || ' ' || last_name, email,
    sample.kept(created_at + sample.seconds(30 + 600 * sample.share('verified', n))),
    case when not has_password then 'https://images.example/' || n || '.png' end,
    sample.kept(created_at), sample.kept(active_at), sample.kept(active_at),
    case when n <= 3 then 'ADMIN' else 'USER' end::public."UserRole",
    case when has_password then '$2b$12$' || repeat('.', 21) || substr(md5('pass-' || n), 1, 32) end,
    2 + coalesce((
        select sum(credits) from sample.purchases where user_id = users.id and not is_refunded
    ), 0) - n % 3,
    is_blocked
from sample.users
cross join lateral (
    select sample.clock()
        - (sample.clock() - created_at) * (0.02 + 0.98 * power(sample.share('active', n), 3))
        as active_at
) as seen;

insert into public."Account" (
    id, "userId", type, provider, "providerAccountId", token_type, scope, expires_at
)
select
    sample.cuid('account', n), id, 'oauth', 'google',
    (100000000000000000000 + n * 7919)::text, 'Bearer', 'openid email profile',
    extract(epoch from created_at + interval '1 hour')::integer
from sample.users
where not has_password;

-- Sessions last for thirty days. Of those that ended a few days ago, some are still there.

insert into public."Session" (id, "sessionToken", "userId", expires)
select
    sample.cuid('session', n), sample.id('session token', n)::text, id,
    sample.kept(sample.clock() + sample.days(-5 + 34 * sample.share('session', n)))
from sample.users
where n % 3 <> 0 and not is_blocked;

insert into public."VerificationToken" (identifier, token, expires)
select
    'invited' || n || '@example.com', md5('verification-' || n) || md5('token-' || n),
    sample.kept(sample.clock() + sample.days(-6 + 7 * sample.share('verification', n)))
from generate_series(1, 25) as n;

insert into public."PasswordResetToken" (id, email, token, expires, "createdAt")
select
    sample.cuid('reset', n), email, md5('reset-' || n) || md5('token-' || n),
    sample.kept(asked_at + interval '1 hour'), sample.kept(asked_at)
from sample.users
cross join lateral (
    select sample.clock() - sample.days(0.1 + 5 * sample.share('reset', n)) as asked_at
) as reset
where n % 15 = 0;

insert into public."LoginAttempt" (
    id, email, "userId", provider, success, error, ip, "userAgent", "createdAt"
)
select
    sample.cuid('attempt', n * 10 + nth), email,
    case when not is_failure or nth = 2 then id end,
    case when has_password then 'credentials' else 'google' end,
    not is_failure, case when is_failure then 'CredentialsSignin' end,
    '198.51.100.' || (1 + n % 250),
    sample.pick(array['Mozilla/5.0 (Android)', 'Mozilla/5.0 (iPhone)', 'Mozilla/5.0 (X11)'],
        'agent', n),
    sample.kept(sample.clock()
        - (sample.clock() - greatest(created_at, sample.clock() - interval '60 days'))
        * sample.share('attempt', n * 10 + nth))
from sample.users
cross join generate_series(1, 3) as nth
cross join lateral (select has_password and nth > 1 as is_failure) as went;

-- Subscriptions: every third user has one; who began within two days pays this month.

insert into public."Subscription" (
    id, "userId", status, "planId", amount, currency, "startDate", "endDate", "createdAt",
    "updatedAt"
)
select
    sample.cuid('subscription', n), id, status::public."SubscriptionStatus",
    case when is_yearly then 'yearly' else 'monthly' end,
    case currency when 'INR' then 799 when 'EUR' then 9.5 else 9.99 end
        * case when is_yearly then 10 else 1 end,
    currency, sample.kept(began_at),
    case when not (status = 'ACTIVE' and n % 7 = 0) then sample.kept(ends_at) end,
    sample.kept(began_at),
    sample.kept(case status
        when 'EXPIRED' then ends_at + interval '1 hour'
        when 'CANCELLED' then began_at + (least(ends_at, sample.clock()) - began_at) * 0.5
        else began_at
    end)
from sample.users
cross join lateral (
    select n % 4 = 1 as is_yearly,
           (array['USD', 'USD', 'USD', 'EUR', 'INR'])[1 + n % 5] as currency,
           case when n % 10 = 4 then 'EXPIRED' when n % 10 = 7 then 'CANCELLED' else 'ACTIVE' end
               as status
) as kind
cross join lateral (
    select case
        when status = 'EXPIRED' then created_at
        when n % 30 in (1, 7, 13, 19) then sample.clock() - sample.days(0.1 + 1.3 * sample.share('began', n))
        else greatest(created_at, sample.clock() - interval '28 days')
    end as began_at
) as begun
cross join lateral (
    select case
        when status = 'EXPIRED'
            then began_at + (sample.clock() - interval '1 day' - began_at) * 0.7
        when is_yearly then began_at + interval '365 days'
        else began_at + interval '30 days'
    end as ends_at
) as ended
where n % 3 = 1 and n > 3;

-- Questions, and tests of three answers each.

insert into public."Question" (id, part, topic, text, "createdAt")
select
    sample.cuid('question', n), 1 + n % 3,
    sample.pick(array['home', 'work', 'travel', 'food', 'music', 'weather', 'books', 'sport'],
        'topic', n),
    'Question ' || n || ': describe, explain, and say why.',
    sample.kept(sample.clock() - interval '400 days')
from generate_series(1, 90) as n;

create table sample.tests as
select
    t as n, sample.cuid('test', t) as id, users.n as user_n, users.id as user_id,
    date_trunc('milliseconds', users.created_at + interval '5 minutes'
        + (sample.clock() - interval '3 hours' - users.created_at)
        * sample.share('test date', t)) as at
from generate_series(1, 900) as t
join sample.users on users.n = 1 + t * 7 % 400;

alter table sample.tests add column status text;
update sample.tests set status = case
    when at > sample.clock() - interval '20 hours' and n % 2 = 0 then 'IN_PROGRESS'
    when n % 41 = 0 then 'ABANDONED'
    else 'COMPLETED'
end;

insert into public."TestSession" (id, "userId", date, "completedAt", score, analysis, status)
select
    id, user_id, sample.kept(at),
    case when status = 'COMPLETED' then sample.kept(at + interval '14 minutes') end,
    case when status = 'COMPLETED' then floor(8 + 11 * sample.share('band', n)) / 2 end,
    case when status = 'COMPLETED' then 'Fluent enough; work on linking words.' end,
    status
from sample.tests;

insert into public."Response" (
    id, "sessionId", "questionId", "audioUrl", transcript, feedback, score, "createdAt"
)
select
    sample.cuid('response', n * 10 + part), id, sample.cuid('question', 1 + (n * 3 + part) % 90),
    'https://recordings.s3.us-east-1.amazonaws.com/user-' || user_id || '/' || id
        || '/part-' || part || '.webm',
    'I would like to talk about it, because it matters to me.',
    'Good pace. Mind the articles.',
    floor(8 + 11 * sample.share('answer', n * 10 + part)) / 2,
    sample.kept(at + part * interval '4 minutes')
from sample.tests
cross join generate_series(1, 3) as part
where status <> 'ABANDONED' or part = 1;

insert into public."QuestionUsage" (id, "userId", "questionId", "usedAt")
select
    sample.cuid('usage', (min(test.n * 10 + part))), user_id, question, sample.kept(max(at))
from sample.tests as test
cross join generate_series(1, 3) as part
cross join lateral (select sample.cuid('question', 1 + (test.n * 3 + part) % 90) as question) as q
group by user_id, question;

-- What else there is to practise.

insert into public."PronunciationDrill" (id, sound, text, "createdAt")
select
    sample.cuid('drill', n), sample.pick(array['th', 'r', 'v', 'w', 'sh'], 'sound', n),
    'Drill ' || n, sample.kept(sample.clock() - interval '360 days')
from generate_series(1, 30) as n;

insert into public."UserPronunciationProgress" (
    id, "userId", "drillId", score, completed, attempts, "lastAttempt"
)
select
    sample.cuid('pronunciation', n * 100 + drill), id, sample.cuid('drill', 1 + (n + drill) % 30),
    (40 + 60 * sample.share('pronounced', n * 100 + drill))::integer, drill % 2 = 0, drill,
    sample.kept(sample.clock() - (sample.clock() - created_at)
        * sample.share('drilled', n * 100 + drill))
from sample.users
cross join generate_series(1, 3) as drill
where n % 2 = 0;

insert into public."Flashcard" (id, word, definition, example, "createdAt")
select
    sample.cuid('flashcard', n), 'word' || n, 'What word ' || n || ' means', null,
    sample.kept(sample.clock() - interval '360 days')
from generate_series(1, 120) as n;

insert into public."UserFlashcardProgress" (
    id, "userId", "flashcardId", familiarity, "lastReviewed", "reviewCount"
)
select
    sample.cuid('review', n * 100 + card), id, sample.cuid('flashcard', 1 + (n * 3 + card) % 120),
    card % 6,
    sample.kept(sample.clock() - (sample.clock() - created_at)
        * sample.share('reviewed', n * 100 + card)),
    card
from sample.users
cross join generate_series(1, 6) as card
where n % 2 = 1;

-- Events: what users did, and what was paid.

insert into public."AnalyticsEvent" (id, "userId", type, metadata, "createdAt")
select
    sample.cuid('signed in', n), id, 'LOGIN'::public."EventType", '{"provider": "google"}'::jsonb,
    sample.kept(created_at + interval '1 minute')
from sample.users
union all
select sample.cuid('test begun', n), user_id, 'TEST_START', jsonb_build_object('session', id),
       sample.kept(at)
from sample.tests
union all
select sample.cuid('test done', n), user_id, 'TEST_COMPLETE', jsonb_build_object('session', id),
       sample.kept(at + interval '14 minutes')
from sample.tests
where status = 'COMPLETED'
union all
select sample.cuid('vocabulary', n), id, 'VOCAB_PRACTICE', null,
       sample.kept(created_at + interval '10 minutes')
from sample.users
where n % 2 = 1
union all
select sample.cuid('pronunciation', n), id, 'PRONUNCIATION_PRACTICE', null,
       sample.kept(created_at + interval '20 minutes')
from sample.users
where n % 2 = 0;

insert into public."AnalyticsEvent" (id, "userId", type, metadata, "createdAt")
select
    sample.cuid('granted', n), user_id, 'MANUAL_CREDIT_ADDED'::public."EventType",
    jsonb_build_object(
        'credits', credits, 'reason', 'checkout completed', 'admin', 'stripe webhook',
        'session', session, 'payment', payment
    ),
    sample.kept(at + interval '3 seconds')
from sample.purchases
union all
select
    sample.cuid('taken back', n), user_id, 'MANUAL_CREDIT_ADDED',
    jsonb_build_object(
        'credits', -credits, 'reason', 'refunded', 'admin', sample.cuid('user', 1),
        'refund', refund, 'payment', payment
    ),
    sample.kept(at + interval '2 hours')
from sample.purchases
where is_refunded
union all
select
    sample.cuid('welcome', n), id, 'MANUAL_CREDIT_ADDED',
    jsonb_build_object(
        'credits', 5, 'reason', 'an evening on which no test could be taken',
        'admin', sample.cuid('user', 2)
    ),
    sample.kept(sample.clock() - interval '20 days')
from sample.users
where n % 50 = 7;

-- The blog, which two of the admins write.

insert into public."BlogCategory" (id, name, slug)
select sample.cuid('category', n), name, lower(name)
from unnest(array['Speaking', 'Vocabulary', 'Pronunciation']) with ordinality as named(name, n);

insert into public."BlogTag" (id, name, slug)
select sample.cuid('tag', n), name, lower(name)
from unnest(array['Band7', 'Fluency', 'Part2', 'Idioms']) with ordinality as named(name, n);

insert into public."BlogPost" (
    id, slug, title, excerpt, content, published, "publishedAt", "authorId", "categoryId",
    "viewCount", "createdAt", "updatedAt"
)
select
    sample.cuid('post', n), 'post-' || n, 'Post ' || n, 'What post ' || n || ' says', 'Text.',
    n % 5 <> 0, case when n % 5 <> 0 then written_at + interval '1 day' end,
    sample.cuid('user', 1 + n % 2), sample.cuid('category', 1 + n % 3), n * 37, written_at,
    written_at + interval '1 day'
from generate_series(1, 15) as n
cross join lateral (
    select sample.kept(sample.clock() - n * interval '9 days') as written_at
) as written;

insert into public."BlogPostTag" ("postId", "tagId")
select sample.cuid('post', n), sample.cuid('tag', 1 + (n + nth) % 4)
from generate_series(1, 15) as n cross join generate_series(1, 2) as nth;

insert into public."BlogDraft" (id, "userId", step, idea, "titleOptions", "createdAt", "updatedAt")
select
    sample.cuid('draft', n), sample.cuid('user', 1 + n % 2), 1 + n % 4, 'An idea', '["A", "B"]',
    sample.kept(sample.clock() - n * interval '3 days'),
    sample.kept(sample.clock() - n * interval '3 days')
from generate_series(1, 4) as n;

drop schema sample cascade;
