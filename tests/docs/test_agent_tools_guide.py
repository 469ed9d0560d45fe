"""The guide to tools names every tool, resource and prompt there is, and none there is not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client

from pilothouse.mcp_server import build_server
from pilothouse.mcp_server.hub import remote

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "agent-tools.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.anyio


async def test_the_guide_names_what_there_is_and_what_it_does() -> None:
    server = build_server(remote(httpx2.AsyncClient(base_url="http://hub")))
    async with Client(server) as client:
        tools = (await client.list_tools()).tools
        resources = (await client.list_resource_templates()).resource_templates
        prompts = (await client.list_prompts()).prompts

    reads, changes = _columns()
    assert reads == {one.name for one in tools if _only_reads(one)}
    assert changes == {one.name for one in tools if not _only_reads(one)}
    assert [one.name for one in prompts if f"`{one.name}`" not in GUIDE] == []
    schemes = {one.uri_template.partition("://")[0] for one in resources}
    assert schemes == set(re.findall(r"`(\w+)://", GUIDE))


def test_the_configuration_is_json() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)

    assert json.loads(example)["mcpServers"]["pilothouse"]["args"] == ["mcp"]


def _only_reads(tool: Any) -> bool:
    return bool(tool.annotations.read_only_hint)


def _columns() -> tuple[set[str], set[str]]:
    rows = re.findall(r"^\| \w+ \| (.*?) \| (.*?) ?\|$", GUIDE, re.MULTILINE)
    return tuple(set(re.findall(r"`(\w+)`", " ".join(row[place] for row in rows))) for place in (0, 1))  # type: ignore[return-value]
