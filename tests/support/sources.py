"""The source as Python sees it: modules, what they import, how long things are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pilothouse

SOURCE = Path(pilothouse.__file__).parent


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    name: str
    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    def imports(self) -> Iterator[tuple[str, str | None]]:
        """Every module that is imported and, for ``from … import``, each name taken from it."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, None) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name} imports relatively"
                yield from ((node.module or "", alias.name) for alias in node.names)

    def functions(self) -> Iterator[tuple[str, int]]:
        """Every function and how many lines it has, its decorators and documentation left out."""
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
                yield f"{self.name}.{node.name}", (node.end_lineno or 0) - first.lineno + 1


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package."""
    return tuple(
        Module(
            ".".join(("pilothouse", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__"), path
        )
        for path in sorted(SOURCE.rglob("*.py"))
        if "migrations" not in path.parts
    )
