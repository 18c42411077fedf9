"""The SQL that makes a reader: it may read everything, and do nothing else."""

from trueup.errors import ConfigError
from trueup.replica.provider import PROVIDERS

_NOTES = {
    "supabase": (
        "Supabase: run it in the SQL editor, as postgres, on the primary: replicas follow.",
        "The pooler knows the role as trueup_reader.<project>.",
    ),
    "neon": (
        "Neon: run it as SQL, on the primary compute. A role that the console, the CLI or the",
        "API makes is a member of neon_superuser, which may write all data.",
    ),
    "plain": ("Run it on the primary, as a superuser or the database's owner.",),
}

_USAGE = (
    "psql <the primary's URL> -v password=<a long one> -f reader.sql",
    "An SQL editor knows no variables: there write '<a long one>' in place of :'password'.",
)

_ROLE = """
create role trueup_reader login bypassrls connection limit 20 password :'password';
grant pg_read_all_data, pg_monitor to trueup_reader;

-- The server makes these at each login, whatever lies in between; a run makes them again.
alter role trueup_reader set default_transaction_read_only = on;
alter role trueup_reader set statement_timeout = '30s';
alter role trueup_reader set lock_timeout = '2s';
alter role trueup_reader set idle_in_transaction_session_timeout = '60s';
alter role trueup_reader set timezone = 'UTC';
"""

_DATABASE = """
-- In each database that it reads: functions that act with their owner's rights and may write are
-- callable by everybody unless somebody said otherwise. Whoever may call them now still may.
do $$
declare
    found record;
    caller record;
begin
    for found in
        select p.oid, p.oid::pg_catalog.regprocedure as called
        from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = pronamespace
        where prosecdef and provolatile = 'v' and nspname !~ '^pg_|^information_schema$'
          and prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
          and pg_catalog.pg_has_role(proowner, 'usage')
          and pg_catalog.has_function_privilege('trueup_reader', p.oid, 'execute')
    loop
        for caller in
            select rolname from pg_catalog.pg_roles r
            where rolname !~ '^pg_' and rolname <> 'trueup_reader' and not rolsuper
              and pg_catalog.has_function_privilege(r.oid, found.oid, 'execute')
        loop
            execute pg_catalog.format(
                'grant execute on function %s to %I', found.called, caller.rolname);
        end loop;
        execute pg_catalog.format('revoke execute on function %s from public', found.called);
        raise notice 'everybody but trueup_reader may call %', found.called;
    end loop;
end $$;
"""


def reader_sql(provider: str) -> str:
    """
    The lines for psql, for one of PROVIDERS; the password is psql's variable of that name.

    BYPASSRLS is what lets it see every row: without it row-level security hides rows, and every
    verdict on them is unknown. Raises ConfigError for a provider that is not known.
    """
    if provider not in PROVIDERS:
        raise ConfigError(f"{provider!r} is no provider; name one of {', '.join(PROVIDERS)}")
    notes = "\n".join(f"-- {line}" for line in (*_NOTES[provider], *_USAGE))
    return f"{notes}\n{_ROLE}{_DATABASE}"
