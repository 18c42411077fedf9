-- Turns schema.sql into the schema exactly as deployed: with the two policies by which whoever is
-- signed in gives themselves interviews, with the public key and no payment.

create policy "Users can insert own entitlements" on public.entitlements for insert
    with check (auth.uid() = user_id);
create policy "Users can update own entitlements" on public.entitlements for update
    using (auth.uid() = user_id);
