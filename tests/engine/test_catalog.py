"""The catalog refuses a pair that is broken, before anything is asked."""

from pathlib import Path
from textwrap import dedent

import pytest

from trueup import catalog
from trueup.errors import CatalogError

INVARIANT = '''
    from trueup import invariant

    LOST = "select id from orders where id = :id"

    @invariant(severity="P1", over="orders", fix="find_lost_orders")
    def test_every_order_is_found(replica):
        """Somebody paid for nothing."""
        return replica.rows(LOST, id=1)
'''
FIX = '''
    """Find the lost orders."""

    AT_MOST = 10

    def plan(violations, primary, now):
        return iter(())
'''


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with one invariant and its fix."""
    write(tmp_path, "invariants/shop/test_orders.py", INVARIANT)
    write(tmp_path, "fixes/shop/find_lost_orders.py", FIX)
    return tmp_path


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(dedent(text))


def test_an_invariant_gets_its_name_from_where_it_stands(shop: Path) -> None:
    [found] = catalog.load(shop).invariants

    assert found.id == "shop.every_order_is_found"
    assert found.statement == "every order is found"
    assert found.harm == "Somebody paid for nothing."
    assert Path(found.path) == shop / "invariants/shop/test_orders.py"
    assert found.line == 6


def test_the_fix_is_found_by_its_file(shop: Path) -> None:
    found = catalog.load(shop)
    [fix] = found.fixes(found.invariants[0])

    assert (fix.name, fix.path, fix.at_most) == (
        "find_lost_orders",
        "fixes/shop/find_lost_orders.py",
        10,
    )
    assert found.naming(fix, "shop") == found.invariants


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "find_lost_orders",
            "find_them",
            "there is no fix 'find_them'; write fixes/shop/find_them.py",
        ),
        ('fix="find_lost_orders"', "fix=()", "names no fix"),
        ('"P1"', '"high"', "has severity 'high'; it is one of P0, P1, P2, P3"),
        ("(replica)", "(database)", "asks for 'database'"),
        ('"""Somebody paid for nothing."""', "", "has no docstring"),
        ("select id from", "delete from", "begins with 'delete'"),
        ("id = :id", "at < now()", "server's clock"),
        ("from orders", "from orders for update", "locks the rows"),
        ("def test_", "def ", "every_order_is_found is an invariant; name it test_every_order_is_"),
        ('over="orders"', 'over="orders", needs="paid"', "'paid' is no column; write it as table"),
        (
            "    @inv",
            "    @pytest.mark.usefixtures\n    @inv",
            "test_every_order_is_found has a mark",
        ),
    ],
)
def test_an_invariant_that_cannot_work_is_refused(shop: Path, old, new, says) -> None:
    text = f"    import pytest\n{INVARIANT.replace(old, new)}"
    write(shop, "invariants/shop/test_orders.py", text)

    with pytest.raises(CatalogError) as refused:
        catalog.load(shop)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"""Find the lost orders."""', "", "is no fix"),
        ("AT_MOST = 10", "", "is no fix"),
        ("def plan", "def plot", "is no fix"),
        ("primary, now", "database", "plan asks for 'database'"),
    ],
)
def test_a_fix_that_cannot_work_is_refused(shop: Path, old, new, says) -> None:
    write(shop, "fixes/shop/find_lost_orders.py", FIX.replace(old, new))

    with pytest.raises(CatalogError, match=r"fixes/shop/find_lost_orders\.py") as refused:
        catalog.load(shop)

    assert says in str(refused.value)


def test_one_name_is_given_by_a_text(shop: Path) -> None:
    given = 'over="orders", needs="orders.id", show="status", tags="daily", calls="fn"'
    write(shop, "invariants/shop/test_orders.py", INVARIANT.replace('over="orders"', given))

    [found] = catalog.load(shop).invariants

    assert (found.needs, found.calls, found.tags) == (("orders.id",), ("fn",), ("daily",))
    assert found.show == {"status"}


def test_two_of_one_name_are_refused(shop: Path) -> None:
    write(shop, "invariants/shop/test_others.py", INVARIANT)

    with pytest.raises(CatalogError) as refused:
        catalog.load(shop)

    assert str(refused.value) == (
        "shop.every_order_is_found is declared twice, in test_orders.py:6 and test_others.py:6;"
        " give one another name"
    )


@pytest.mark.parametrize("name", ["TestOrders", "Orders"])
def test_one_in_a_class_is_refused(shop: Path, name: str) -> None:
    inside = f"class {name}:" + dedent(INVARIANT).replace("\n", "\n    ")
    write(shop, "invariants/shop/test_orders.py", inside)

    with pytest.raises(CatalogError) as refused:
        catalog.load(shop)

    assert str(refused.value) == (
        f"test_every_order_is_found is an invariant in the class {name}; take it out of it: an"
        " invariant is a function of its module"
    )


@pytest.mark.parametrize("path", ["orders.py", "deep/test_orders.py", "deep/er/orders.py"])
def test_a_file_that_nobody_would_look_at_is_refused(shop: Path, path: str) -> None:
    write(shop, f"invariants/shop/{path}", INVARIANT)

    with pytest.raises(
        CatalogError, match=f"nobody looks at shop/{path}: invariants stand in shop/"
    ):
        catalog.load(shop)


@pytest.mark.parametrize("text", ["", "def test_it(): pass"])
def test_a_file_without_an_invariant_is_refused(shop: Path, text: str) -> None:
    write(shop, "invariants/shop/test_others.py", text)

    with pytest.raises(CatalogError) as refused:
        catalog.load(shop)

    assert str(refused.value) == (
        "shop/test_others.py has no invariant; write one, or move the file out of invariants/"
    )


def test_a_module_may_have_either_name_that_pytest_looks_for(shop: Path) -> None:
    (shop / "invariants/shop/test_orders.py").rename(shop / "invariants/shop/orders_test.py")

    assert len(catalog.load(shop).invariants) == 1


@pytest.mark.parametrize("path", ["_orders.py", "_shared/test_orders.py", "conftest.py"])
def test_a_file_of_what_invariants_share_is_left_alone(shop: Path, path: str) -> None:
    write(shop, f"invariants/shop/{path}", INVARIANT)

    assert len(catalog.load(shop).invariants) == 1


@pytest.mark.parametrize("name", ["metrics", "person"])
def test_an_invariant_beside_the_others_is_refused(shop: Path, name: str) -> None:
    write(shop, f"invariants/shop/{name}.py", INVARIANT)

    with pytest.raises(CatalogError) as refused:
        catalog.person(shop, "shop") if name == "person" else catalog.load(shop)

    assert str(refused.value) == (
        f"{name}.py has an invariant, test_every_order_is_found; move it to a file test_….py"
    )


@pytest.mark.parametrize(
    "path",
    ["invariants/shop/test_orders", "invariants/shop/metrics", "fixes/shop/find_lost_orders"],
)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\nraise SystemExit('secret')", "SystemExit in line 2; its words are not shown"),
        ("'secret' x", "SyntaxError in line 1; its words are not shown"),
        ("import no_such_module", "there is no module 'no_such_module'"),
    ],
)
def test_a_module_that_cannot_be_imported_is_refused(
    shop: Path, path: str, text: str, says: str
) -> None:
    write(shop, f"{path}.py", text)

    with pytest.raises(CatalogError) as refused:
        catalog.load(shop)

    name = path.partition("/")[2]
    assert str(refused.value).startswith(f"{name}.py cannot be imported: {says}")
    assert "'secret'" not in str(refused.value)


def test_sql_inside_the_function_is_checked_too(shop: Path) -> None:
    inline = INVARIANT.replace("replica.rows(LOST, id=1)", 'replica.rows("select pg_sleep(9)")')
    write(shop, "invariants/shop/test_orders.py", inline)

    with pytest.raises(CatalogError, match="calls 'pg_sleep'"):
        catalog.load(shop)


def test_no_invariants_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no invariants found"):
        catalog.load(tmp_path)


def test_metrics_are_found_beside_the_invariants(shop: Path) -> None:
    write(
        shop,
        "invariants/shop/metrics.py",
        '''
        from trueup import metric

        @metric(title="Orders", unit="orders")
        def orders(replica):
            """How many there are."""
            return replica.rows("select count(*) from orders")
        ''',
    )

    [found] = catalog.load(shop).metrics

    assert (found.system, found.name, found.title) == ("shop", "orders", "Orders")
