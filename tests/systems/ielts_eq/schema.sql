-- IELTS EQ's schema: Neon, made by Prisma. As deployed, and with what the runbook tells of and the
-- deployed one does not have yet: "User".credits, "User"."isBlocked" and the type of event
-- MANUAL_CREDIT_ADDED. deployed.sql takes these away.
--
-- Prisma's ways: text ids that the client makes, names in camel case, timestamp(3) without zone in
-- UTC, "updatedAt" written by the client, unique indexes in place of constraints, no row-level
-- security.

create type public."UserRole" as enum ('USER', 'ADMIN');
create type public."SubscriptionStatus" as enum ('ACTIVE', 'CANCELLED', 'EXPIRED');
create type public."EventType" as enum (
    'LOGIN', 'TEST_START', 'TEST_COMPLETE', 'VOCAB_PRACTICE', 'PRONUNCIATION_PRACTICE',
    'MANUAL_CREDIT_ADDED'
);
create type public."TestStatus" as enum ('STARTED', 'COMPLETED');

create table public."_prisma_migrations" (
    id character varying(36) primary key,
    checksum character varying(64) not null,
    finished_at timestamptz,
    migration_name character varying(255) not null,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz not null default now(),
    applied_steps_count integer not null default 0
);

create table public."User" (
    id text not null,
    name text,
    email text not null,
    "emailVerified" timestamp(3) without time zone,
    image text,
    "createdAt" timestamp(3) without time zone not null default current_timestamp,
    "updatedAt" timestamp(3) without time zone not null,
    "lastActiveAt" timestamp(3) without time zone,
    role public."UserRole" not null default 'USER',
    password text,
    credits integer not null default 0,
    "isBlocked" boolean not null default false,
    constraint "User_pkey" primary key (id)
);
create unique index "User_email_key" on public."User" (email);

create table public."Account" (
    id text not null,
    "userId" text not null,
    type text not null,
    provider text not null,
    "providerAccountId" text not null,
    refresh_token text,
    access_token text,
    expires_at integer,
    token_type text,
    scope text,
    id_token text,
    session_state text,
    constraint "Account_pkey" primary key (id)
);
create unique index "Account_provider_providerAccountId_key"
    on public."Account" (provider, "providerAccountId");

create table public."Session" (
    id text not null,
    "sessionToken" text not null,
    "userId" text not null,
    expires timestamp(3) without time zone not null,
    constraint "Session_pkey" primary key (id)
);
create unique index "Session_sessionToken_key" on public."Session" ("sessionToken");

create table public."VerificationToken" (
    identifier text not null,
    token text not null,
    expires timestamp(3) without time zone not null
);
create unique index "VerificationToken_token_key" on public."VerificationToken" (token);
create unique index "VerificationToken_identifier_token_key"
    on public."VerificationToken" (identifier, token);

create table public."PasswordResetToken" (
    id text not null,
    email text not null,
    token text not null,
    expires timestamp(3) without time zone not null,
    "createdAt" timestamp(3) without time zone not null default current_timestamp,
    constraint "PasswordResetToken_pkey" primary key (id)
);

create table public."LoginAttempt" (
    id text not null,
    email text not null,
    "userId" text,
    provider text not null,
    success boolean not null,
    error text,
    ip text,
    "userAgent" text,
    "createdAt" timestamp(3) without time zone not null default current_timestamp,
    constraint "LoginAttempt_pkey" primary key (id)
);

create table public."Subscription" (
    id text not null,
    "userId" text not null,
    status public."SubscriptionStatus" not null default 'ACTIVE',
    "planId" text not null,
    amount double precision not null,
    currency text not null default 'USD',
    "startDate" timestamp(3) without time zone not null default current_timestamp,
    "endDate" timestamp(3) without time zone,
    "createdAt" timestamp(3) without time zone not null default current_timestamp,
    "updatedAt" timestamp(3) without time zone not null,
    constraint "Subscription_pkey" primary key (id)
);

create table public."AnalyticsEvent" (
    id text not null,
    "userId" text not null,
    type public."EventType" not null,
    metadata jsonb,
    "createdAt" timestamp(3) without time zone not null default current_timestamp,
    constraint "AnalyticsEvent_pkey" primary key (id)
);

create table public."TestSession" (
    id text not null,
    "userId" text not null,
    date timestamp(3) without time zone not null default current_timestamp,
    "completedAt" timestamp(3) without time zone,
    score double precision,
    analysis text,
    status text not null default 'IN_PROGRESS',
    constraint "TestSession_pkey" primary key (id)
);

create table public."Question" (
    id text not null,
    part integer not null,
    topic text not null,
    text text not null,
    "createdAt" timestamp(3) without time zone not null default current_timestamp,
    constraint "Question_pkey" primary key (id)
);

create table public."Response" (
    id text not null,
    "sessionId" text not null,
    "questionId" text not null,
    "audioUrl" text not null,
    transcript text,
    feedback text,
    score double precision,
    "createdAt" timestamp(3) without time zone not null default current_timestamp,
    constraint "Response_pkey" primary key (id)
);

create table public."QuestionUsage" (
    id text not null,
    "userId" text not null,
    "questionId" text not null,
    "usedAt" timestamp(3) without time zone not null default current_timestamp,
    constraint "QuestionUsage_pkey" primary key (id)
);
create unique index "QuestionUsage_userId_questionId_key"
    on public."QuestionUsage" ("userId", "questionId");

create table public."PronunciationDrill" (
    id text not null,
    sound text not null,
    text text not null,
    "createdAt" timestamp(3) without time zone not null default current_timestamp,
    constraint "PronunciationDrill_pkey" primary key (id)
);

create table public."UserPronunciationProgress" (
    id text not null,
    "userId" text not null,
    "drillId" text not null,
    score integer not null default 0,
    completed boolean not null default false,
    attempts integer not null default 0,
    "lastAttempt" timestamp(3) without time zone not null default current_timestamp,
    constraint "UserPronunciationProgress_pkey" primary key (id)
);
create unique index "UserPronunciationProgress_userId_drillId_key"
    on public."UserPronunciationProgress" ("userId", "drillId");

create table public."Flashcard" (
    id text not null,
    word text not null,
    definition text not null,
    example text,
    "createdAt" timestamp(3) without time zone not null default current_timestamp,
    constraint "Flashcard_pkey" primary key (id)
);

create table public."UserFlashcardProgress" (
    id text not null,
    "userId" text not null,
    "flashcardId" text not null,
    familiarity integer not null default 0,
    "lastReviewed" timestamp(3) without time zone not null default current_timestamp,
    "reviewCount" integer not null default 0,
    constraint "UserFlashcardProgress_pkey" primary key (id)
);
create unique index "UserFlashcardProgress_userId_flashcardId_key"
    on public."UserFlashcardProgress" ("userId", "flashcardId");

create table public."BlogCategory" (
    id text not null,
    name text not null,
    slug text not null,
    constraint "BlogCategory_pkey" primary key (id)
);
create unique index "BlogCategory_slug_key" on public."BlogCategory" (slug);

create table public."BlogTag" (
    id text not null,
    name text not null,
    slug text not null,
    constraint "BlogTag_pkey" primary key (id)
);
create unique index "BlogTag_slug_key" on public."BlogTag" (slug);

create table public."BlogPost" (
    id text not null,
    slug text not null,
    title text not null,
    excerpt text not null,
    content text not null,
    "featuredImage" text,
    published boolean not null default false,
    "publishedAt" timestamp(3) without time zone,
    "authorId" text not null,
    "categoryId" text not null,
    "viewCount" integer not null default 0,
    "createdAt" timestamp(3) without time zone not null default current_timestamp,
    "updatedAt" timestamp(3) without time zone not null,
    constraint "BlogPost_pkey" primary key (id)
);
create unique index "BlogPost_slug_key" on public."BlogPost" (slug);

create table public."BlogPostTag" (
    "postId" text not null,
    "tagId" text not null,
    constraint "BlogPostTag_pkey" primary key ("postId", "tagId")
);

create table public."BlogDraft" (
    id text not null,
    "userId" text not null,
    step integer not null default 1,
    idea text,
    keywords text,
    "categoryId" text,
    "titleOptions" jsonb,
    "selectedTitle" text,
    slug text,
    "excerptOptions" jsonb,
    "selectedExcerpt" text,
    style text,
    length text,
    content text,
    "featuredImage" text,
    "createdAt" timestamp(3) without time zone not null default current_timestamp,
    "updatedAt" timestamp(3) without time zone not null,
    constraint "BlogDraft_pkey" primary key (id)
);

-- What stands in the way of deleting a user is RESTRICT: subscriptions, events, posts.

alter table public."Account" add constraint "Account_userId_fkey"
    foreign key ("userId") references public."User" (id) on delete cascade on update cascade;
alter table public."Session" add constraint "Session_userId_fkey"
    foreign key ("userId") references public."User" (id) on delete cascade on update cascade;
alter table public."LoginAttempt" add constraint "LoginAttempt_userId_fkey"
    foreign key ("userId") references public."User" (id) on delete set null on update cascade;
alter table public."Subscription" add constraint "Subscription_userId_fkey"
    foreign key ("userId") references public."User" (id) on delete restrict on update cascade;
alter table public."AnalyticsEvent" add constraint "AnalyticsEvent_userId_fkey"
    foreign key ("userId") references public."User" (id) on delete restrict on update cascade;
alter table public."TestSession" add constraint "TestSession_userId_fkey"
    foreign key ("userId") references public."User" (id) on delete cascade on update cascade;
alter table public."Response" add constraint "Response_sessionId_fkey"
    foreign key ("sessionId") references public."TestSession" (id)
    on delete cascade on update cascade;
alter table public."Response" add constraint "Response_questionId_fkey"
    foreign key ("questionId") references public."Question" (id)
    on delete restrict on update cascade;
alter table public."QuestionUsage" add constraint "QuestionUsage_userId_fkey"
    foreign key ("userId") references public."User" (id) on delete cascade on update cascade;
alter table public."QuestionUsage" add constraint "QuestionUsage_questionId_fkey"
    foreign key ("questionId") references public."Question" (id)
    on delete cascade on update cascade;
alter table public."UserPronunciationProgress"
    add constraint "UserPronunciationProgress_userId_fkey"
    foreign key ("userId") references public."User" (id) on delete cascade on update cascade;
alter table public."UserPronunciationProgress"
    add constraint "UserPronunciationProgress_drillId_fkey"
    foreign key ("drillId") references public."PronunciationDrill" (id)
    on delete cascade on update cascade;
alter table public."UserFlashcardProgress" add constraint "UserFlashcardProgress_userId_fkey"
    foreign key ("userId") references public."User" (id) on delete cascade on update cascade;
alter table public."UserFlashcardProgress" add constraint "UserFlashcardProgress_flashcardId_fkey"
    foreign key ("flashcardId") references public."Flashcard" (id)
    on delete cascade on update cascade;
alter table public."BlogPost" add constraint "BlogPost_authorId_fkey"
    foreign key ("authorId") references public."User" (id) on delete restrict on update cascade;
alter table public."BlogPost" add constraint "BlogPost_categoryId_fkey"
    foreign key ("categoryId") references public."BlogCategory" (id)
    on delete restrict on update cascade;
alter table public."BlogPostTag" add constraint "BlogPostTag_postId_fkey"
    foreign key ("postId") references public."BlogPost" (id) on delete cascade on update cascade;
alter table public."BlogPostTag" add constraint "BlogPostTag_tagId_fkey"
    foreign key ("tagId") references public."BlogTag" (id) on delete cascade on update cascade;
alter table public."BlogDraft" add constraint "BlogDraft_userId_fkey"
    foreign key ("userId") references public."User" (id) on delete cascade on update cascade;
