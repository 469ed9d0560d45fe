"""Whose request it is when proxies stand between."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from starlette.requests import Request

from pilothouse.web import ServiceSettings, client_address
from pilothouse.web.addresses import rate_limit_key
from tests.support.services import http_scope, service


def seen(peer: str, trusted: str, *forwarded: str) -> str:
    scope = http_scope()
    scope["client"] = (peer, 1234)
    scope["headers"] = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope["app"] = service(settings={"trusted_proxies": trusted})
    return client_address(Request(scope))


@pytest.mark.parametrize(
    ("peer", "trusted", "forwarded", "address"),
    [
        ("203.0.113.9", "", ["198.51.100.1"], "203.0.113.9"),
        ("203.0.113.9", "10.0.0.0/8", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", "10.0.0.0/8", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", "10.0.0.0/8", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", "10.0.0.0/8", ["6.6.6.6, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", "10.0.0.0/8", ["6.6.6.6", "198.51.100.1", "10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", "10.0.0.0/8", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", "10.0.0.0/8", [], "10.0.0.1"),
        ("10.0.0.1", "10.0.0.0/8", ["6.6.6.6, nonsense"], "10.0.0.1"),
        ("10.0.0.1", "10.0.0.0/8", ["6.6.6.6, nonsense, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", "10.0.0.1", ["198.51.100.1:5000"], "198.51.100.1"),
        ("::1", "::1,127.0.0.1", ["[2001:db8::7]:5000"], "2001:db8::7"),
        ("::ffff:10.0.0.1", "10.0.0.0/8", ["198.51.100.1"], "198.51.100.1"),
        ("unix:", "10.0.0.0/8", ["198.51.100.1"], "unix:"),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, trusted: str, forwarded: list[str], address: str) -> None:
    assert seen(peer, trusted, *forwarded) == address


def test_a_connection_without_an_address_is_nobody() -> None:
    scope = http_scope()
    scope["client"], scope["app"] = None, service()

    assert client_address(Request(scope)) == "unknown"


def test_trusted_proxies_must_be_addresses() -> None:
    with pytest.raises(ValidationError, match=r"proxy\.example"):
        ServiceSettings(trusted_proxies=("proxy.example",))


def test_an_ipv6_customer_is_one_customer() -> None:
    assert rate_limit_key("2001:db8:1:2:3:4:5:6") == rate_limit_key("2001:db8:1:2::1") == "2001:db8:1:2::"
    assert rate_limit_key("203.0.113.9") == "203.0.113.9"
