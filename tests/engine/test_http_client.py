"""HTTP clients: what they trust is read once, and they trust nobody else."""

import ssl

import httpx
import pytest

from trueup import http_client


def test_clients_share_what_they_trust_and_trust_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[ssl.SSLContext] = []
    create = httpx.create_ssl_context

    def noted() -> ssl.SSLContext:
        read.append(create())
        return read[-1]

    monkeypatch.setattr(httpx, "create_ssl_context", noted)
    http_client._certificates.cache_clear()

    with http_client.http_client(1.0), http_client.http_client(2.0):
        [trusted] = read

    assert (trusted.verify_mode, trusted.check_hostname) == (ssl.CERT_REQUIRED, True)
