"""A typed client of the hub. It is loaded with its HTTP library only when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pilothouse.client.hub import HubClient

__all__ = ["HubClient"]


def __getattr__(name: str) -> Any:
    if name == "HubClient":
        from pilothouse.client.hub import HubClient

        return HubClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
