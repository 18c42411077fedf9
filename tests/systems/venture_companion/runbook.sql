-- Turns the schema, once schema.sql is loaded, into the one that the runbook speaks of: without the
-- last two migrations, and with a profile that is tied to its user by a key, as its "cascading" and
-- its casts assume. It never was.

drop table public.stripe_webhook_events;

alter table public.user_profiles
    drop column prevented_failures_count,
    drop column guarantee_coverage,
    drop column integration_access,
    drop constraint user_profiles_subscription_tier_check,
    add constraint user_profiles_subscription_tier_check
        check (subscription_tier = any (array['free', 'pro', 'enterprise']));

drop policy "Users can view own profile" on public.user_profiles;
drop policy "Users can insert own profile" on public.user_profiles;
drop policy "Users can update own profile" on public.user_profiles;
drop policy "Users can delete own profile" on public.user_profiles;

alter table public.user_profiles alter column user_id type uuid using user_id::uuid;
alter table public.user_profiles add constraint user_profiles_user_id_fkey
    foreign key (user_id) references auth.users (id) on delete cascade;

create policy "Users can view own profile" on public.user_profiles for select
    using (auth.uid() = user_id);
create policy "Users can insert own profile" on public.user_profiles for insert
    with check (auth.uid() = user_id);
create policy "Users can update own profile" on public.user_profiles for update
    using (auth.uid() = user_id) with check (auth.uid() = user_id);
create policy "Users can delete own profile" on public.user_profiles for delete
    using (auth.uid() = user_id);

delete from supabase_migrations.schema_migrations where version in ('013', '014');
