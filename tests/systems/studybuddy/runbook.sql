-- Turns the schema as deployed, once schema.sql is loaded, into the one of the day on which the
-- runbook was written: before credits, before the audit log, before disabled users saw nothing.

drop trigger trg_sync_credits_on_subscription on public.subscriptions;
drop trigger trg_sync_credits_on_admin_override on public.admin_overrides;
drop trigger trg_audit_admin_overrides on public.admin_overrides;
drop trigger trg_audit_user_disabled on public.profiles;

drop table public.credit_usage_events;
drop table public.user_credits;
drop table public.credit_plans;
drop table public.audit_logs;

drop function public.sync_credits_on_subscription;
drop function public.sync_credits_on_admin_override;
drop function public.credit_terms;
drop function public.compute_credit_event_cost;
drop function public.audit_admin_overrides;
drop function public.audit_user_disabled;

alter table public.course_files
    drop column extraction_method,
    drop column pages_processed,
    drop column extraction_quality,
    drop column extraction_metadata,
    drop column extraction_run_id;
alter table public.profiles drop column full_name, drop column profile_completed;

alter policy "Users can create own ai jobs" on public.ai_jobs with check (auth.uid() = user_id);
alter policy "Users can view own ai jobs" on public.ai_jobs using (auth.uid() = user_id);
alter policy "Users can update own ai jobs" on public.ai_jobs using (auth.uid() = user_id);

alter policy "Users can delete own course files" on public.course_files
    using (auth.uid() = user_id);
alter policy "Users can create own course files" on public.course_files
    with check (auth.uid() = user_id);
alter policy "Users can view own course files" on public.course_files using (auth.uid() = user_id);
alter policy "Users can update own course files" on public.course_files
    using (auth.uid() = user_id);

alter policy "Users can view their own subscription" on public.subscriptions
    using (auth.uid() = user_id);
alter policy "Users can update their own subscription" on public.subscriptions
    using (auth.uid() = user_id);

alter policy "Users can read own override" on public.admin_overrides using (user_id = auth.uid());
alter policy "Users can view their own override" on public.admin_overrides
    using (auth.uid() = user_id);

alter policy "Users can insert their own profile" on public.profiles
    with check (auth.uid() = user_id);
alter policy "Users can view their own profile" on public.profiles using (auth.uid() = user_id);
alter policy "Users can update their own profile" on public.profiles using (auth.uid() = user_id);

alter policy "Users can delete their own courses" on public.courses using (auth.uid() = user_id);
alter policy "Users can create their own courses" on public.courses
    with check (auth.uid() = user_id);
alter policy "Users can view their own courses" on public.courses using (auth.uid() = user_id);
alter policy "Users can update their own courses" on public.courses using (auth.uid() = user_id);

alter policy "Users can view their own roles" on public.user_roles using (auth.uid() = user_id);

drop function public.is_user_enabled;

delete from supabase_migrations.schema_migrations where version >= '20260222140812';
