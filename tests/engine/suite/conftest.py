"""A shop to be checked: a project of its own in front of a database of its own."""

import pytest

from fix_database import Database

CONFIG = """
[systems.shop]
title = "Shop"

[systems.shop.environments.staging]
replica = "SHOP_REPLICA_URL"
"""
INVARIANTS = '''
    from datetime import timedelta
    from trueup import invariant

    LOST = "select id, status, email from orders where status = 'lost' order by id"

    @invariant(severity="P1", over="orders", fix="find", show=["status"], tags=["money"])
    def test_no_order_is_lost(replica):
        """Somebody paid for nothing. It is the worst."""
        return replica.rows(LOST)

    @invariant(severity="P2", over="orders", fix="find")
    def test_every_order_has_a_buyer(replica):
        """Nobody can be asked."""
        return replica.rows("select id from orders where buyer is null")

    @invariant(severity="P3", over="orders", fix="find", needs=["orders.credits"])
    def test_no_credit_is_negative(replica):
        """Somebody got goods for nothing."""
        return replica.rows("select id from orders where credits < 0")
'''
FIX = '''
    """Find the order."""

    AT_MOST = 10

    def plan(violations):
        return iter(())
'''
ORDERS = """
    create table orders (id int primary key, status text, email text, buyer text);
    insert into orders select i, 'paid', 'jane' || i || '@example.com', 'b'
    from generate_series(1, 50) i;
"""


@pytest.fixture
def shop(pytester: pytest.Pytester, database: Database, monkeypatch) -> Database:
    """A project with three invariants over a database with fifty orders."""
    database.execute(ORDERS)
    monkeypatch.setenv("SHOP_REPLICA_URL", database.url())
    (pytester.path / "trueup.toml").write_text(CONFIG)
    pytester.makepyfile(**{"invariants/shop/test_orders": INVARIANTS, "fixes/shop/find": FIX})
    return database
