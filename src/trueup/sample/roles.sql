-- The roles of the sample, as a production database has them. Passwords are set elsewhere.

-- Reads everything, past row-level security, and writes nothing.
create role trueup_reader login bypassrls;
grant pg_read_all_data, pg_monitor to trueup_reader;

-- Writes rows, and no more than rows. An undo may keep triggers quiet while it puts rows back.
create role trueup_fixer login bypassrls;
grant pg_read_all_data, pg_write_all_data, pg_monitor to trueup_fixer;
grant set on parameter session_replication_role to trueup_fixer;

-- What the schemas of a Supabase project grant to.
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;

-- Has no right of its own; becomes a visitor or a signed-in user, as row-level security sees them.
create role authenticator login noinherit;
grant anon, authenticated to authenticator;

-- New databases do not inherit this: whoever creates one repeats it.
revoke temporary on database postgres, template1 from public;
