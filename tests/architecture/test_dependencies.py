"""What is installed is used, by whom it is installed for, and under a licence that lets us."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

from tests.support.sources import modules

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BASE = PROJECT["dependencies"]
HUB = PROJECT["optional-dependencies"]["hub"]
# What a robot has no use for: the base install leaves it out.
HUB_SIDE = ("pilothouse.hub", "pilothouse.mcp_server", "pilothouse.workspaces", "pilothouse.sandbox")
# Used without an import: the pages of /docs, and the parser that uvicorn takes when it is there.
NOT_IMPORTED = {"fastapi-offline", "httptools"}


def named(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


@cache
def importers() -> dict[str, set[str]]:
    """By distribution: the modules that import it."""
    places = packages_distributions()
    found: dict[str, set[str]] = {}
    for module in modules():
        for source, _ in module.imports():
            for name in places.get(source.split(".")[0], ()):
                found.setdefault(named(name), set()).add(module.name)
    return found


def test_a_robot_installs_nothing_that_only_the_hub_uses() -> None:
    used = {name for name, by in importers().items() if not all(one.startswith(HUB_SIDE) for one in by)}

    assert {named(one) for one in BASE} - used - NOT_IMPORTED == set()


def test_the_hub_installs_nothing_that_nobody_uses() -> None:
    assert {named(one) for one in HUB} - importers().keys() - NOT_IMPORTED == set()


def closure(names: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    while names:
        if (name := named(names.pop())) in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:  # for another system
            continue
        yield name
        names += [one for one in found.requires or () if "extra ==" not in one]


def test_no_dependency_is_under_the_gpl() -> None:
    everything = [one for extra in PROJECT["optional-dependencies"].values() for one in extra]
    licences = {}
    for name in closure([*BASE, *(one for one in everything if not one.startswith("pilothouse"))]):
        about = distribution(name).metadata
        said = [about.get("License-Expression", ""), *about.get_all("Classifier", [])]
        licences[name] = " ".join(one for one in said if one.startswith("License ::") or "::" not in one)

    assert len(licences) > len(BASE)
    assert [name for name, licence in licences.items() if re.search(r"\bA?GPL|GNU (Affero )?General", licence)] == []
