import re
from collections.abc import Iterator

import pytest
from psycopg.sql import SQL, Identifier

from comparison import data
from comparison.definition import Definition, count
from comparison.schemas import SCHEMAS
from trueup.sample import Cluster

ROWS = 2_000


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    yield "planted"
    with cluster.connect() as connection:
        connection.execute(SQL("drop database {} with (force)").format(Identifier("planted")))


@pytest.mark.parametrize("violated", ["none", "some", "half"])
@pytest.mark.parametrize("definition", SCHEMAS.values(), ids=SCHEMAS)
def test_each_check_finds_the_rows_that_were_planted_for_it(
    cluster: Cluster, name: str, definition: Definition, violated: str
) -> None:
    planted = data.planned(definition, violated)
    data.write(cluster, name, definition, ROWS, planted)
    with cluster.connect("primary", name) as connection:
        found = {
            check.name: connection.execute(count(check).encode()).fetchone()
            for check in definition.checks
        }
    assert found == {check: (rows,) for check, rows in planted.items()}


def test_no_two_checks_share_a_table_where_they_are_to_share_none() -> None:
    shared, apart = SCHEMAS["studybuddy"], SCHEMAS["unshared"]
    schemas = [set(re.findall(r"\bown_\d+\b", count(check))) for check in apart.checks]
    assert [len(one) for one in schemas] == [1] * len(shared.checks)
    assert len(set().union(*schemas)) == len(shared.checks)
    shares = {table.name: table.share for table in shared.tables}
    assert all(table.share == shares[table.name.partition(".")[2]] for table in apart.tables)


@pytest.mark.parametrize("definition", SCHEMAS.values(), ids=SCHEMAS)
def test_a_definition_has_twenty_checks_of_which_some_hold(definition: Definition) -> None:
    planted = data.planned(definition, "some")
    assert len(planted) == 20
    assert 0 < sum(rows == 0 for rows in planted.values()) < 20
