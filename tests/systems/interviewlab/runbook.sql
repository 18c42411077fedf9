-- Turns schema.sql, once loaded, into the schema that the runbook believes in: a session's company
-- is called company_name, and what candidates upload lies in a bucket called cvs.

alter table public.sessions rename column company to company_name;

set local session_replication_role = replica;
update storage.buckets set id = 'cvs', name = 'cvs' where id = 'uploads';
update storage.objects set bucket_id = 'cvs' where bucket_id = 'uploads';
set local session_replication_role = origin;

alter policy "Users can upload their own files" on storage.objects
    with check (bucket_id = 'cvs' and (auth.uid())::text = path_tokens[1]);
alter policy "Users can view their own files" on storage.objects
    using (bucket_id = 'cvs' and (auth.uid())::text = path_tokens[1]);
alter policy "Users can delete their own files" on storage.objects
    using (bucket_id = 'cvs' and (auth.uid())::text = path_tokens[1]);
