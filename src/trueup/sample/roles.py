"""The roles of the sample, and the passwords of those that may log in."""

import hashlib
import hmac
import secrets
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
LOGINS = (SUPERUSER, "trueup_reader", "trueup_fixer", "authenticator")


def new_passwords() -> dict[str, str]:
    """Draw a random password for each role that may log in."""
    return {role: secrets.token_urlsafe(24) for role in LOGINS}


def create(superuser_url: str, passwords: Mapping[str, str]) -> None:
    """Create the roles; the passwords are hashed here, so that the server never reads one."""
    statements = (Path(__file__).parent / "roles.sql").read_bytes()
    with psycopg.connect(superuser_url) as connection:
        connection.execute(statements)
        for role in LOGINS:
            connection.execute(
                sql.SQL("alter role {} password {}").format(
                    sql.Identifier(role), sql.Literal(_secret(passwords[role]))
                )
            )


def _secret(password: str) -> str:
    """
    What the server keeps of a password, as its SCRAM secrets are written (RFC 5803).

    Hashed once, not 4,096 times: nobody guesses what is drawn from 24 bytes, and the rounds were
    most of what a login takes.
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations=1)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    known, stored_key, server_key = (b64encode(one).decode() for one in (salt, stored, server))
    return f"SCRAM-SHA-256$1:{known}${stored_key}:{server_key}"
