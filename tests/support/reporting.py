"""Incidents and agents' doings at a running hub, and where its pages show them."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page

from tests.support.visitors import Hub


def reported(hub: Hub, title: str, severity: str = "high", **more: Any) -> str:
    """The id of an incident that a person saw."""
    return str(hub.call("POST", "/api/v1/incidents", json={"title": title, "severity": severity, **more})["id"])


def as_agent(hub: Hub, path: str, body: dict[str, Any], token: str) -> None:
    """An agent posts something."""
    answer = hub.operator.post(path, json=body, headers={"X-Agent-Token": token, "Authorization": ""})
    assert answer.is_success, answer.text


def panel(page: Page, title: str) -> Locator:
    """The part of a page with this heading."""
    return page.get_by_role("region", name=title, exact=True)
