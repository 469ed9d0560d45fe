"""What can be read by address: recordings, incidents, logs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError

from pilothouse.kit.addresses import part_of
from pilothouse.mcp_server.hub import Reach
from pilothouse.mcp_server.tools.recordings import summary_of

LONGEST_LOG = 4 << 20


def add_to(server: MCPServer[Any], reach: Reach) -> None:
    """The resources."""

    @server.resource("recording://{session_id}", title="A recording", mime_type="application/json")
    async def recording(session_id: str, ctx: Context[Any, Any]) -> str:
        """What a recording holds, and what made it."""
        with _refusing():
            return (await summary_of(reach(ctx), session_id)).model_dump_json()

    @server.resource("incident://{incident_id}", title="An incident", mime_type="application/json")
    async def incident(incident_id: str, ctx: Context[Any, Any]) -> str:
        """One failure and what belongs to it."""
        with _refusing():
            return (await reach(ctx).ask("GET", f"/api/v1/incidents/{part_of(incident_id)}")).text

    @server.resource("log://{session_id}/{command_id}", title="The log of a command", mime_type="text/plain")
    async def log(session_id: str, command_id: str, ctx: Context[Any, Any]) -> str:
        """The output of a command in a debug session, stdout and stderr in order of time: its first 4 MiB."""
        path = f"/sessions/{part_of(session_id)}/commands/{part_of(command_id)}/output"
        with _refusing():
            return (await reach(ctx).ask("GET", path, first_bytes=LONGEST_LOG)).content.decode("utf-8", "replace")


@contextmanager
def _refusing() -> Iterator[None]:
    """A refusal of the hub in its own words; any other exception reaches nobody but the log."""
    try:
        yield
    except ToolError as refusal:
        raise ResourceError(str(refusal)) from refusal
