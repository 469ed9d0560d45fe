"""The JSON Schema of a Stackfile, for editors that complete and check as one types."""

from __future__ import annotations

from typing import Any

from pilothouse.guard.stackfile.stack import Stackfile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """What may stand in a Stackfile."""
    return {"$schema": DIALECT, **Stackfile.model_json_schema(), "title": "Pilothouse Stackfile"}
