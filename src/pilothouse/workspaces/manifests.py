"""Which commands set a repository up, by the manifests it has. Pure, given their content."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

Command = tuple[str, ...]

# Where each tool keeps what it makes: relative, so that it is found below the workspace whoever made it.
PYTHON = ".venv"
NODE = "node_modules"
CONDA = ".conda"
_SETUP_TARGET = re.compile(rb"^setup\s*:(?!=)", re.MULTILINE)
_PROJECT = re.compile(rb"^\[(?:project|tool\.poetry)\]", re.MULTILINE)

# Beside what a rule reads itself: what it makes follows from these as well.
KNOWN = (
    "Makefile", "uv.lock", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "requirements-dev.txt",
    "poetry.lock", ".python-version", "package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc",
    "environment.yml", "environment.yaml",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """The commands, in their order, and why these."""

    commands: tuple[Command, ...]
    reasons: tuple[str, ...]


def plan_for(manifests: Mapping[str, bytes], has: Callable[[str], bool]) -> Plan:
    """What to run for the manifests in the root of a repository; ``has`` says which programs there are.

    A Makefile with the target `setup` says everything; otherwise each language is set up by its own tool.
    """
    if _SETUP_TARGET.search(manifests.get("Makefile", b"")) and has("make"):
        return Plan((("make", "setup"),), ("Makefile has the target setup",))
    steps = [*_conda(manifests, has), *_python(manifests, has), *_node(manifests, has)]
    return Plan(tuple(command for command, _ in steps), tuple(reason for _, reason in steps))


def _conda(manifests: Mapping[str, bytes], has: Callable[[str], bool]) -> list[tuple[Command, str]]:
    file = _first(manifests, ("environment.yml", "environment.yaml"))
    program = next((one for one in ("micromamba", "mamba", "conda") if has(one)), None)
    if file is None or program is None:
        return []
    words = ("create",) if program == "micromamba" else ("env", "create")
    return [((program, *words, "--quiet", "--yes", "--prefix", CONDA, "--file", file), f"{file} and {program}")]


def _python(manifests: Mapping[str, bytes], has: Callable[[str], bool]) -> list[tuple[Command, str]]:
    if "uv.lock" in manifests and has("uv"):
        return [(("uv", "sync", "--frozen"), "uv.lock and uv")]
    files = [name for name in ("requirements.txt", "requirements-dev.txt") if name in manifests]
    is_project = "setup.py" in manifests or _PROJECT.search(manifests.get("pyproject.toml", b"")) is not None
    if not files and not is_project:
        return []
    reason = ", ".join([*files, *(("pyproject.toml or setup.py",) if is_project else ())])
    wanted = [word for name in files for word in ("--requirement", name)]
    wanted += ["--editable", "."] if is_project else []
    if has("uv"):
        make: Command = ("uv", "venv", "--quiet", PYTHON)
        install: Command = ("uv", "pip", "install", "--quiet", "--python", f"{PYTHON}/bin/python", *wanted)
    else:
        make = ("python3", "-m", "venv", PYTHON)
        install = (f"{PYTHON}/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted)
    return [(make, reason), (install, reason)]


def _node(manifests: Mapping[str, bytes], has: Callable[[str], bool]) -> list[tuple[Command, str]]:
    if not has("npm") or "package.json" not in manifests:
        return []
    locked = _first(manifests, ("package-lock.json", "npm-shrinkwrap.json"))
    quiet = ("--no-audit", "--no-fund", "--loglevel=error")
    if locked is not None:
        return [(("npm", "ci", *quiet), locked)]
    return [(("npm", "install", "--no-package-lock", *quiet), "package.json")]


def _first(manifests: Collection[str], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in manifests), None)
