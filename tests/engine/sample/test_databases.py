"""Systems in the sample: loaded once, broken on purpose, mended to the byte."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from psycopg import errors

from trueup.errors import SampleError
from trueup.sample import Cluster, Fault, databases
from trueup.sample.server import Name

SCHEMA = """
create table jobs (id int primary key, status text not null check (status in ('done', 'failed')));
alter table jobs enable row level security;
grant select on jobs to anon, authenticated, service_role;
"""

SOUND = "insert into jobs select n, 'done' from generate_series(1, 1000) n;"

WORKER_DIED = Fault(
    name="worker_died",
    invariant="every_job_ends",
    plant="alter table jobs drop constraint jobs_status_check;"
    "insert into jobs values (1001, 'running')",
    near_misses="insert into jobs values (1002, 'failed')",
    keys=frozenset({"1001"}),
)


@pytest.fixture
def system(tmp_path: Path, cluster: Cluster) -> Path:
    """The folder of a system that is loaded and sound."""
    path = tmp_path / "workshop"
    path.mkdir()
    (path / "schema.sql").write_text(SCHEMA)
    (path / "sound.sql").write_text(SOUND)
    databases.load(cluster, path)
    databases.mend(cluster, "workshop")
    return path


def rows(sample: Cluster, system: Path, server: Name = "standby") -> list[tuple[object, ...]]:
    """Every row with the bytes that say where it lies and who wrote it."""
    with sample.connect(server, system.name) as connection:
        return connection.execute("select ctid, xmin, xmax, * from jobs order by id").fetchall()


def test_a_loaded_system_is_on_the_standby(cluster, system):
    assert len(rows(cluster, system)) == 1000


def test_nobody_gets_into_the_sound_database(cluster, system):
    with pytest.raises(errors.OperationalError, match="not currently accepting connections"):
        cluster.connect(database=f"{system.name}_sound")


def test_the_planner_knows_a_loaded_system(cluster, system):
    with cluster.connect("standby", system.name) as connection:
        known = connection.execute("select reltuples from pg_class where relname = 'jobs'")

        assert known.fetchone() == (1000,)


def test_a_planted_fault_and_its_near_misses_are_there(cluster, system):
    databases.plant(cluster, system.name, WORKER_DIED)

    assert [row[-2:] for row in rows(cluster, system)][-2:] == [(1001, "running"), (1002, "failed")]


def test_mending_restores_every_byte(cluster, system):
    before = rows(cluster, system), rows(cluster, system, "primary")
    databases.plant(cluster, system.name, WORKER_DIED)
    assert (rows(cluster, system), rows(cluster, system, "primary")) != before

    databases.mend(cluster, system.name)

    assert (rows(cluster, system), rows(cluster, system, "primary")) == before
    with pytest.raises(errors.CheckViolation):
        cluster.execute("insert into jobs values (1001, 'running')", system.name)


@pytest.mark.parametrize("server", ["primary", "standby"])
def test_mending_throws_out_whoever_is_connected(cluster, system, server):
    with cluster.connect(server, system.name) as guest:
        databases.mend(cluster, system.name)

        with pytest.raises(errors.OperationalError):
            guest.execute("select 1")


def test_loading_again_leaves_what_was_planted(cluster, system):
    databases.plant(cluster, system.name, WORKER_DIED)

    databases.load(cluster, system)

    assert len(rows(cluster, system)) == 1002


def test_a_changed_script_is_loaded_anew(cluster, system):
    (system / "sound.sql").write_text(SOUND.replace("1000", "10"))

    databases.load(cluster, system)

    assert len(rows(cluster, system)) == 10


def test_a_database_that_was_dropped_comes_back(cluster, system):
    cluster.execute(f"drop database {system.name}")

    databases.load(cluster, system)

    assert len(rows(cluster, system)) == 1000


def test_two_processes_that_load_at_once_do_not_collide(cluster, system):
    (system / "sound.sql").write_text(SOUND.replace("1000", "10"))

    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda _: databases.load(cluster, system), range(2)))

    assert len(rows(cluster, system)) == 10


def test_a_fault_that_cannot_be_planted_changes_nothing(cluster, system):
    broken = Fault(
        name="misspelt",
        invariant="every_job_ends",
        plant="update jobs\nset state = 'running'",
        near_misses="delete from jobs",
        keys=frozenset(),
    )

    with pytest.raises(SampleError, match="plant of fault 'misspelt', line 2: column \"state\""):
        databases.plant(cluster, system.name, broken)

    assert len(rows(cluster, system)) == 1000


def test_an_error_in_a_script_names_its_file_and_line(cluster, system):
    (system / "sound.sql").write_text("select 1;\n\nselect misspelt;")

    with pytest.raises(SampleError, match=r'sound\.sql, line 3: column "misspelt" does not exist'):
        databases.load(cluster, system)


def test_a_system_without_scripts_is_refused(cluster, tmp_path):
    with pytest.raises(SampleError, match=r"there is no .*schema\.sql; a system's sample needs it"):
        databases.load(cluster, tmp_path)


def test_a_system_that_was_not_loaded_cannot_be_mended(cluster):
    with pytest.raises(SampleError, match="system 'unheard_of' is not in the sample; load it"):
        databases.mend(cluster, "unheard_of")


def test_a_new_database_lets_nobody_make_temporary_tables(cluster, system):
    with cluster.connect() as connection:
        allowed = "select has_database_privilege('trueup_reader', %s, 'temporary')"

        assert connection.execute(allowed, [system.name]).fetchone() == (False,)


def test_what_a_script_takes_in_comes_first_and_counts(cluster, system):
    (system.parent / "shared.sql").write_text("create table tools (id int);\n")
    (system / "schema.sql").write_text(f"\\ir ../shared.sql\n{SCHEMA}grant all on tools to anon;")
    databases.load(cluster, system)
    with cluster.connect(database=system.name) as connection:
        assert connection.execute("select from tools").rowcount == 0

    (system.parent / "shared.sql").write_text("create table tools (id int);\n\nbroken;\n")
    with pytest.raises(SampleError, match=r"shared\.sql, line 3: "):
        databases.load(cluster, system)


def test_what_a_script_takes_in_must_be_there(cluster, system):
    (system / "schema.sql").write_text("\\ir ../nowhere.sql\n")
    with pytest.raises(SampleError, match=r"there is no .*nowhere\.sql"):
        databases.load(cluster, system)
