"""The description of mission control: for whom an operation is, when to use it, what it does, what can go wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

from pilothouse.hub.agents.domain.catalogue import CATALOGUE
from pilothouse.hub.agents.domain.operations import (
    AGENT_ROOT,
    Operation,
    common_codes,
    is_of_mission_control,
)
from pilothouse.kit.errors import Problem
from pilothouse.web.errors import STATUSES

# What the web itself says without a problem of that name.
_WEB_CODES = {"invalid": 422}
_OF_PEOPLE = ("/api/v1/users", "/api/v1/organizations")
_READS = ("get", "head")
_AGENT_SECURITY: list[dict[str, list[str]]] = [{"agent": []}, {"token": []}]


def describe_operations(schema: dict[str, Any]) -> None:
    """Add to a description what agents choose by; what is not in the catalogue stays as it is."""
    for method, path, operation in operations_of(schema):
        known = entry(method, path)
        if known is not None:
            _describe(method, path, operation, known)


def operations_of(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation of mission control."""
    for path, operations in schema.get("paths", {}).items():
        if is_of_mission_control(path):
            for method, operation in operations.items():
                if isinstance(operation, dict) and "operationId" in operation:
                    yield method, path, operation


def entry(method: str, path: str) -> Operation | None:
    """What the catalogue says; of the same thing on the surface of agents, the same."""
    found = CATALOGUE.get(f"{method.upper()} {path}")
    if found is None and path.startswith(AGENT_ROOT):
        return CATALOGUE.get(f"{method.upper()} /api/v1/{path.removeprefix(AGENT_ROOT)}")
    return found


def status_of_code(code: str) -> int | None:
    """The status that carries a code; None for one that nothing raises."""
    return _WEB_CODES.get(code) or _statuses().get(code)


def _describe(method: str, path: str, operation: dict[str, Any], known: Operation) -> None:
    if path.startswith(AGENT_ROOT):
        operation["x-required-actor"] = "agent"
        operation["x-required-role"] = "lead" if "leads_only" in known.codes else "lead or worker"
        operation["security"] = _AGENT_SECURITY
    operation.setdefault("x-required-actor", "person" if path.startswith(_OF_PEOPLE) else "anybody")
    operation.setdefault("x-required-role", "none")
    operation["x-llm-intent"] = known.intent
    operation["x-when-to-use"] = known.when
    operation["x-side-effects"] = list(known.effects)
    is_writing = method not in _READS
    has_input = "requestBody" in operation or any(one["in"] == "query" for one in operation.get("parameters", ()))
    operation["x-required-role"] = _with_board(operation["x-required-role"], path, known, is_writing=is_writing)
    common = common_codes(path, actor=operation["x-required-actor"], has_input=has_input, is_writing=is_writing)
    _document(operation, [*common, *known.codes])


def _with_board(role: str, path: str, known: Operation, *, is_writing: bool) -> str:
    """The role, with what it needs on the board that is named."""
    if path.startswith(AGENT_ROOT):
        return role
    if "board_not_writable" in known.codes or (is_writing and "{board_id}" in path):
        return f"{role}, with the right to change the board"
    return f"{role}, with the right to read the board" if "{board_id}" in path else role


def _document(operation: dict[str, Any], codes: list[str]) -> None:
    by_status: defaultdict[int, list[str]] = defaultdict(list)
    for code in dict.fromkeys(codes):
        if (status := status_of_code(code)) is not None:
            by_status[status].append(code)
    responses = operation.setdefault("responses", {})
    for status, own in sorted(by_status.items()):
        responses[str(status)] = {
            "description": ", ".join(f"`{code}`" for code in own),
            "headers": {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorDocument"}}},
            "x-codes": own,
        }


@cache
def _statuses() -> dict[str, int]:
    return {problem.code: status for kind, status in STATUSES.items() for problem in (kind, *_below(kind))}


def _below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)
