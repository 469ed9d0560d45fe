"""Prints the description of the hub's API, of which the types of the web UI are made."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from pilothouse.hub.app import create_app
from pilothouse.hub.settings import HubSettings

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        print(json.dumps(create_app(HubSettings(data=Path(directory))).openapi()))
