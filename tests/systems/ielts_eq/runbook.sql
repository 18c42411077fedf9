-- Turns schema.sql, empty or filled, into the one that the runbook assumes on its day: credits and
-- blocked users, but no passwords, no attempts on record, no blog.

drop table public."LoginAttempt";
drop table public."PasswordResetToken";
drop table public."BlogDraft";
drop table public."BlogPostTag";
drop table public."BlogPost";
drop table public."BlogTag";
drop table public."BlogCategory";

alter table public."User" drop column password;

delete from public."_prisma_migrations"
where migration_name >= '202512' and migration_name < '20260302';
