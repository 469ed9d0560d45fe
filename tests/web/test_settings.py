"""The settings every service has."""

from __future__ import annotations

import pytest

from pilothouse.kit.errors import BadConfiguration
from pilothouse.kit.settings import load
from pilothouse.web import ServiceSettings


def test_lists_are_written_with_commas_or_brackets() -> None:
    plain = load(ServiceSettings, environ={"PILOTHOUSE_ALLOWED_HOSTS": " robot-7.lan , hub,", "TRUSTED_PROXIES": "::1"})
    bracketed = load(ServiceSettings, environ={"PILOTHOUSE_ALLOWED_HOSTS": "[robot-7.lan, hub]"})

    assert plain.allowed_hosts == bracketed.allowed_hosts == ("robot-7.lan", "hub")
    assert plain.trusted_proxies == ("::1",)


def test_case_does_not_matter_where_it_means_nothing() -> None:
    loaded = load(
        ServiceSettings, environ={"LOG_LEVEL": "WARNING", "LOG_FORMAT": "JSON", "RATE_LIMIT_BACKEND": "Redis"}
    )

    assert (loaded.log_level, loaded.log_format, loaded.rate_limit_backend) == ("warning", "json", "redis")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PILOTHOUSE_PORT", "65536"),
        ("PILOTHOUSE_PORT", "-1"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("RATE_LIMIT_BACKEND", "memcached"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("SECURITY_HEADER_REFERRER_POLICY", "same-origin →"),
        ("SECURITY_HEADER_X_FRAME_OPTIONS", "DENY\nSet-Cookie: a=b"),
    ],
)
def test_nonsense_is_an_error_that_names_the_setting(variable: str, value: str) -> None:
    with pytest.raises(BadConfiguration, match=variable.removeprefix("PILOTHOUSE_").lower()) as caught:
        load(ServiceSettings, environ={variable: value})

    assert "Value error" not in caught.value.sentence


def test_a_blank_security_header_is_not_sent() -> None:
    settings = load(ServiceSettings, environ={"SECURITY_HEADER_X_FRAME_OPTIONS": ""})

    assert b"x-frame-options" not in dict(settings.security_headers())
    assert b"referrer-policy" in dict(settings.security_headers())
