"""What a tool does to the world, said once for each kind."""

from __future__ import annotations

from mcp_types import ToolAnnotations

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
"""Changes nothing."""
ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
"""Adds something; nothing is lost by it."""
CHANGES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
"""Changes what is there; said twice it is the same."""
ENDS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)
"""Ends something that does not come back."""
RUNS = ToolAnnotations(read_only_hint=False, destructive_hint=True, open_world_hint=True)
"""Runs a program, in a sandbox: what it does is up to the program."""
