"""Keys: only those that read, of the environment's mode, and never printed."""

import pytest

from trueup.errors import GuardError
from trueup.readers.stripe.key import read_key, require

SECRET = "abcdefghijkl"


@pytest.mark.parametrize(
    ("key", "live", "unrestricted", "said"),
    [
        (f"rk_live_{SECRET}", False, False, "a key of live mode, and this environment is of test"),
        (f"rk_test_{SECRET}", True, False, "a key of test mode, and this environment is of live"),
        (f"sk_live_{SECRET}", True, False, "a secret key, which may do anything"),
        (f"sk_live_{SECRET}", True, True, "a secret key, which may do anything"),
        (f"sk_test_{SECRET}", False, False, "a secret key, which may do anything"),
    ],
)
def test_a_key_that_could_do_harm_is_refused(
    key: str, live: bool, unrestricted: bool, said: str
) -> None:
    with pytest.raises(GuardError, match=said) as raised:
        require(read_key(key, "STRIPE_KEY"), live=live, unrestricted=unrestricted)

    assert SECRET not in str(raised.value)
    assert "STRIPE_KEY" in str(raised.value)


@pytest.mark.parametrize(
    ("key", "live", "unrestricted"),
    [
        (f"rk_live_{SECRET}", True, False),
        (f"rk_test_{SECRET}", False, False),
        (f"sk_test_{SECRET}", False, True),
    ],
)
def test_a_key_that_only_reads_is_taken(key: str, live: bool, unrestricted: bool) -> None:
    require(read_key(key, "STRIPE_KEY"), live=live, unrestricted=unrestricted)


@pytest.mark.parametrize("key", ["", "pk_live_abcdefgh", "whsec_abcdefgh", "rk_live_", "hunter2"])
def test_what_is_no_key_is_told_what_one_looks_like(key: str) -> None:
    with pytest.raises(GuardError, match="begins with rk_live_ or rk_test_"):
        read_key(key, "STRIPE_KEY")


def test_a_key_never_shows_its_secret() -> None:
    assert SECRET not in repr(read_key(f"rk_test_{SECRET}", "STRIPE_KEY"))
