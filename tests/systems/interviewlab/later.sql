-- Turns schema.sql, once loaded, into the schema of today, as far as it is known: a second way to
-- pay, and what its webhook made somebody change by hand: it names a tier that the check refuses,
-- and no type.

alter table public.sessions add column stage_targets json;

alter table public.entitlements
    add column whop_membership_id text constraint entitlements_whop_membership_id_key unique,
    add column whop_product_id text,
    add column whop_plan_id text,
    add column payment_provider text default 'stripe'
        constraint entitlements_payment_provider_check
        check (payment_provider = any (array['stripe', 'whop']));

alter table public.entitlements
    drop constraint entitlements_tier_check,
    alter column type drop not null;

insert into public.entitlements (
    id, user_id, type, status, created_at, expires_at, remaining_interviews, tier,
    whop_membership_id, whop_product_id, whop_plan_id, payment_provider
)
select
    md5('whop-entitlement-' || id)::uuid, user_id, null, 'active',
    '2026-11-02 09:00+00', '2026-11-04 09:00+00', 2, '48h',
    'mem_' || substr(md5(id::text), 1, 14), 'prod_interviewlab', 'plan_48h', 'whop'
from public.profiles
order by id
limit 3;

insert into public.entitlement_history (
    id, user_id, entitlement_id, action, previous_balance, new_balance, created_at
)
select
    md5('whop-history-' || id)::uuid, user_id, id, 'purchase', 0, 2, created_at
from public.entitlements
where payment_provider = 'whop';
