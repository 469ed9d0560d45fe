"""Tools for AI agents, built on the hub's API; the token of the caller decides what they may do."""

from pilothouse.mcp_server.server import build_server

__all__ = ["build_server"]
