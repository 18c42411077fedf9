-- Turns schema.sql, empty or filled, into the schema as deployed: no credits, nobody blocked, and no
-- type of event for credits that somebody added.

delete from public."AnalyticsEvent" where type = 'MANUAL_CREDIT_ADDED';

alter table public."User" drop column credits, drop column "isBlocked";

alter type public."EventType" rename to "EventType_with_credits";
create type public."EventType" as enum (
    'LOGIN', 'TEST_START', 'TEST_COMPLETE', 'VOCAB_PRACTICE', 'PRONUNCIATION_PRACTICE'
);
alter table public."AnalyticsEvent"
    alter column type type public."EventType" using type::text::public."EventType";
drop type public."EventType_with_credits";

delete from public."_prisma_migrations" where migration_name >= '20260302';
