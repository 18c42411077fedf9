-- Turns schema.sql, empty or filled, into shape (a) alone: without the tables that only shape (b) has.

drop table public.subscription_tiers;
drop table public.webhook_events;
