"""Where attacks are tried: a database worth attacking, three roles, and what each left behind."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
from msgspec import Struct

from engine.attacks.attack import Attack
from fix_database import Database, admit
from trueup.errors import GuardError, QueryError, ReplicaError, StatementError
from trueup.replica.dsn import Dsn
from trueup.replica.limits import Limits
from trueup.replica.session import Session, open_session
from trueup.replica.statement import Statement

SERVERS = ("primary", "standby")
SQL = Path(__file__).with_name("arena.sql").read_text(encoding="utf-8")

OVER = """
    createrole createdb replication
        in role pg_write_all_data, pg_read_all_data, pg_monitor, pg_signal_backend,
                pg_read_server_files, pg_write_server_files, pg_execute_server_program
"""

FOOTPRINT = """
    select
        (select md5(string_agg(t::text, ',' order by id)) from treasure t),
        (select count(*) from pg_class where relpersistence <> 't'),
        (select count(*) from pg_class where relpersistence = 't'),
        (select count(*) from pg_proc), (select count(*) from pg_largeobject_metadata),
        (select string_agg(s::text, ',') from pg_db_role_setting s),
        (select string_agg(rolname || rolsuper || rolcreaterole, ',' order by rolname)
         from pg_roles),
        (select last_value || is_called::text from counter),
        (select string_agg(relacl::text, ',' order by oid) from pg_class where relnamespace = %s),
        (select string_agg(name || setting, ',' order by name)
         from pg_file_settings where sourcefile ~ 'auto.conf$'),
        (select string_agg(slot_name::text, ',' order by slot_name) from pg_replication_slots),
        (select count(*) from pg_replication_origin),
        (select stats_reset from pg_stat_database where datname = current_database()),
        (select count(*) from pg_stat_activity where application_name = 'canary'),
        (select pg_get_wal_replay_pause_state() from pg_is_in_recovery() r where r),
        pg_is_in_recovery(), (select pg_conf_load_time()),
        (select count(*) from pg_locks l join pg_stat_activity using (pid)
         where application_name = 'trueup/attack' and locktype <> 'virtualxid')
"""


class Arena(Struct, frozen=True):
    """The database, the role that may do too much, and a file that nobody should write."""

    database: Database
    over: str
    file: Path

    @property
    def roles(self) -> tuple[str, str, str]:
        """The reader, the over-privileged and the superuser."""
        return ("trueup_reader", self.over, "postgres")

    def left(self, server: str) -> object:
        """Everything an attack could have left on a server; equal before and after, or it did."""
        with self.database.connect("postgres", server) as connection:
            space = "public"
            query = FOOTPRINT.replace("%s", f"'{space}'::regnamespace")
            return connection.execute(query.encode()).fetchone(), self.file.exists()

    def open(self, role: str, server: str) -> Session:
        """A guarded session; whether the role is refused is up to the caller's patches."""
        return open_session(
            Dsn(self.database.url(role, server), "the arena"),
            primary_allowed=server == "primary",
            limits=Limits(statement=0.5, lock=0.2),
            max_lag=timedelta(minutes=5),
            application="trueup/attack",
        )

    def stops(self, session: Session, attack: Attack) -> str:
        """Attack through a session, and name the layer that stopped it."""
        try:
            with session.reading() as reader:
                list(reader.rows(attack.sql.replace("{file}", str(self.file))))
        except StatementError as error:
            return "function" if "is volatile" in str(error) else "text"
        except QueryError as error:
            several = error.sqlstate == "42601" and "multiple commands" in str(error)
            return "protocol" if several else "server"
        except GuardError as error:
            assert not session.alive, "what deviates is closed"
            return "proof" if "transaction id" in str(error) else "protocol"
        except ReplicaError as error:
            return f"an error that names no layer: {error}"
        session.close()
        return "undone"


def unchecked(sql: str) -> Statement:
    """What the text check would give, had it not looked."""
    nothing: frozenset[str] = frozenset()
    return Statement(sql, sql.replace("%", "%%"), nothing, nothing, nothing, nothing)


@contextmanager
def arena(database: Database, folder: Path) -> Iterator[Arena]:
    """Fill a database, and open a canary on both servers that must outlive every attack."""
    name = f"over_{secrets.token_hex(4)}"
    admit(database.cluster, name, OVER)
    database.execute(SQL + f"grant execute on function take_as_owner() to {name};")
    folder.chmod(0o777)
    canaries = [_canary(database, server) for server in SERVERS]
    try:
        yield Arena(database, name, folder / "written")
    finally:
        for canary in canaries:
            canary.close()
        database.execute(f"drop owned by {name}")
        database.cluster.execute(f"drop role {name}")


def _canary(database: Database, server: str) -> psycopg.Connection:
    url = f"{database.url('postgres', server)}&application_name=canary"
    return psycopg.connect(url, autocommit=True)
