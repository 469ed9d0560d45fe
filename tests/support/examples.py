"""The least that a description accepts as a body."""

from __future__ import annotations

from typing import Any


def least_body(description: dict[str, Any], operation: dict[str, Any]) -> Any:
    """A body with what is required and nothing else; None for an operation without a JSON body."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return None if schema is None else least(description, schema)


def least(description: dict[str, Any], schema: dict[str, Any]) -> Any:
    """The least value that a schema accepts."""
    if "$ref" in schema:
        return least(description, description["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for known in ("default", "const"):
        if known in schema:
            return schema[known]
    for choice in ("enum", "examples"):
        if schema.get(choice):
            return schema[choice][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return least(description, schema[several][0])
    kind = schema.get("type")
    if kind == "object":
        return {name: least(description, schema["properties"][name]) for name in schema.get("required", ())}
    if kind == "array":
        return [least(description, schema.get("items", {}))] * schema.get("minItems", 0)
    if kind == "string":
        return _text(schema)
    return {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1.0), "boolean": True}.get(kind)


def _text(schema: dict[str, Any]) -> str:
    by_format = {"date-time": "2026-05-12T08:00:00Z", "date": "2026-05-12", "uri": "https://example.com/"}
    return by_format.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))
