"""What every kind of boundary can be told, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.guard.boundaries import BoundaryKind
from pilothouse.guard.boundaries.settings import BoundarySettings

_COMMON = tuple(BoundarySettings.model_fields)


def parameters(kind: BoundaryKind) -> Iterator[tuple[str, str, str, str]]:
    """Name, type, default and meaning of each parameter of a kind; what all kinds share is left out."""
    schema = kind.json_schema()
    definitions = schema.get("$defs", {})
    for name, field in schema["properties"].items():
        if name in _COMMON:
            continue
        default = "required" if name in schema.get("required", ()) else _shown(field.get("default"))
        yield name, kind_of(field, definitions), default, _meaning(field)


def described(kind: BoundaryKind) -> dict[str, Any]:
    """A kind as JSON."""
    return {
        "type": kind.type,
        "layer": kind.layer.value,
        "description": kind.description,
        "parameters": kind.json_schema(),
    }


def _shown(default: Any) -> str:
    if default is None:
        return "—"
    return str(default).lower() if isinstance(default, bool) else str(default) if default not in ([], {}) else "none"


def _meaning(field: dict[str, Any]) -> str:
    return " ".join(str(field.get("description", "")).split())


def kind_of(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    """A JSON Schema in two or three words."""
    if "anyOf" in field:
        several = [kind_of(one, definitions) for one in field["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(several))
    if "$ref" in field:
        inner = definitions.get(field["$ref"].rpartition("/")[2], {})
        return f"{{{', '.join(inner.get('properties', {}))}}}"
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    if field.get("type") == "array":
        if "prefixItems" in field:
            return f"{len(field['prefixItems'])} {kind_of(field['prefixItems'][0], definitions)}s"
        return f"list of {kind_of(field.get('items', {}), definitions)}"
    return {"string": "text", "object": "mapping", "boolean": "true | false"}.get(
        field.get("type", ""), str(field.get("type", "anything"))
    )
