"""The JSON Schema of a recorder's configuration, for editors that complete and check as one types."""

from __future__ import annotations

from typing import Any

from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.sources.config import EXAMPLES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def config_schema() -> dict[str, Any]:
    """What may stand in `recorder.yaml`, with the short forms that the settings understand as well."""
    schema = RecorderSettings.model_json_schema()
    for setting in schema["properties"].values():
        setting.pop("names", None)  # environment variables, which an editor has no use for
    sources = schema["properties"]["sources"]
    sources["items"] = {"anyOf": [sources["items"], {"type": "string", "description": EXAMPLES}]}
    for definition in schema["$defs"].values():
        _allow_one_rate(definition.get("properties", {}))
    return {"$schema": DIALECT, **schema, "title": "Pilothouse recorder"}


def _allow_one_rate(properties: dict[str, Any]) -> None:
    rates = properties.get("max_rate_hz")
    if rates is not None and "additionalProperties" in rates:
        one = rates["additionalProperties"]
        properties["max_rate_hz"] = {"anyOf": [rates, one], "description": rates.get("description", "")}
