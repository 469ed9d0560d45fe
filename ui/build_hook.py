"""Puts the web UI into the wheel: runs npm where Node.js is installed, and says so where it is not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = "src/pilothouse/hub/ui/static/index.html"


class WebUi(BuildHookInterface):  # type: ignore[type-arg]
    """Builds `ui/` before a wheel is put together; an editable installation builds it by `make ui`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if version == "editable" or _is_current(root):
            return
        npm = shutil.which("npm")
        if npm is None or not (root / "ui/package.json").is_file():
            print("Node.js is not installed: this wheel has no web UI, its hub serves the API only.", file=sys.stderr)
            return
        for command in ("ci", "run build"):
            subprocess.run([npm, *command.split(), "--no-fund", "--no-audit"], cwd=root / "ui", check=True)


def _is_current(root: Path) -> bool:
    built = root / BUILT
    sources = [root / "ui/package-lock.json", *(one for one in (root / "ui/src").rglob("*") if one.is_file())]
    return built.is_file() and all(one.stat().st_mtime <= built.stat().st_mtime for one in sources if one.is_file())
