"""The roles of the sample, and the passwords of those that may log in."""

import secrets
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
    """Create the roles; libpq hashes the passwords, so that the server never reads one."""
    statements = (Path(__file__).parent / "roles.sql").read_bytes()
    with psycopg.connect(superuser_url) as connection:
        connection.execute(statements)
        for role in LOGINS:
            hashed = connection.pgconn.encrypt_password(
                passwords[role].encode(), role.encode(), b"scram-sha-256"
            )
            connection.execute(
                sql.SQL("alter role {} password {}").format(
                    sql.Identifier(role), sql.Literal(hashed.decode())
                )
            )
