"""docs/architecture.md is true to the tree and to the contracts."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.support.sources import SOURCE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LAYERS = {one["id"]: [re.sub(r"[()]", "", layer) for layer in one.get("layers", ())] for one in CONTRACTS}
WITHIN_SLICES = {"domain", "models", "repository", "service", "routes", "schemas", "auth", "jobs"}


def test_every_folder_has_a_place_in_the_tree() -> None:
    tree = PAGE.split("```")[1]
    folders = {
        place.relative_to(SOURCE).as_posix()
        for depth in ("*/__init__.py", "*/*/__init__.py")
        for place in (path.parent for path in SOURCE.glob(depth))
        if place.name not in WITHIN_SLICES or place.parent.name == "guard"
    }

    assert {one for one in folders if f"{one.split('/')[-1]}/" not in tree} == set()
    assert len(folders) > 60


def test_the_layers_are_those_of_the_contracts() -> None:
    said = " ".join(PAGE.split())

    assert "\n".join(LAYERS["layers"]) in PAGE
    assert " > ".join(LAYERS["hub"]) in said
    assert " > ".join(LAYERS["guard"]) in said
    assert " > ".join(LAYERS["slices"]) in said
