"""The settings every service has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator

from pilothouse.kit.logs import LogFormat
from pilothouse.kit.settings import Settings, setting
from pilothouse.web.addresses import check_networks


def _split(value: Any) -> Any:
    return [part for part in (piece.strip() for piece in value.split(",")) if part] if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
"""A list that the environment writes with commas."""


class ServiceSettings(Settings):
    """Where a service listens, how it logs, whom it trusts; services derive theirs from it."""

    host: Annotated[str, Field(min_length=1)] = setting("127.0.0.1", "Address to listen on")
    port: Annotated[int, Field(ge=0, le=65_535)] = setting(8000, "Port to listen on; 0 takes any free one")
    data: Path | None = setting(None, "Directory that holds everything this service keeps")
    log_format: Annotated[LogFormat, BeforeValidator(_lower)] = setting(
        "text", "`text` for people, `json` for machines", names=("LOG_FORMAT",)
    )
    log_level: Annotated[str, BeforeValidator(_lower), Field(pattern="^(debug|info|warning|error|critical)$")] = (
        setting("info", "The least severe records that are written", names=("LOG_LEVEL",))
    )
    allowed_hosts: Names = setting(
        (), "Names under which this service may be called, beside localhost and the bound address; `*` allows any"
    )
    trusted_proxies: Annotated[Names, AfterValidator(check_networks)] = setting(
        (), "Addresses or networks whose `X-Forwarded-For` is believed", names=("TRUSTED_PROXIES",)
    )
    rate_limit_backend: Annotated[str, BeforeValidator(_lower), Field(pattern="^(memory|redis)$")] = setting(
        "memory", "`memory` counts in this process, `redis` shares the counts", names=("RATE_LIMIT_BACKEND",)
    )
    rate_limit_redis_url: SecretStr | None = setting(
        None, "Where shared counts are kept", names=("RATE_LIMIT_REDIS_URL", "RQ_REDIS_URL")
    )
    security_header_x_content_type_options: str = setting(
        "nosniff", "`X-Content-Type-Options`; blank disables", names=("SECURITY_HEADER_X_CONTENT_TYPE_OPTIONS",)
    )
    security_header_x_frame_options: str = setting(
        "DENY", "`X-Frame-Options`; blank disables", names=("SECURITY_HEADER_X_FRAME_OPTIONS",)
    )
    security_header_referrer_policy: str = setting(
        "strict-origin-when-cross-origin",
        "`Referrer-Policy`; blank disables",
        names=("SECURITY_HEADER_REFERRER_POLICY",),
    )
    security_header_permissions_policy: str = setting(
        "", "`Permissions-Policy`; blank, the default, disables", names=("SECURITY_HEADER_PERMISSIONS_POLICY",)
    )

    @field_validator(
        "security_header_x_content_type_options",
        "security_header_x_frame_options",
        "security_header_referrer_policy",
        "security_header_permissions_policy",
    )
    @classmethod
    def _fits_in_a_header(cls, value: str) -> str:
        if not (value.isascii() and value.isprintable()):
            raise ValueError("a header is one line of ASCII")
        return value

    def security_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers every response carries."""
        written = {
            "x-content-type-options": self.security_header_x_content_type_options,
            "x-frame-options": self.security_header_x_frame_options,
            "referrer-policy": self.security_header_referrer_policy,
            "permissions-policy": self.security_header_permissions_policy,
        }
        return [(name.encode(), value.strip().encode()) for name, value in written.items() if value.strip()]
