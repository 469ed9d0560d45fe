"""What import contracts cannot say: a slice's tables and SQL are its own, and its files have their names."""

from __future__ import annotations

import pytest

from tests.support.sources import SOURCE, Module, modules

FOUNDATION = {"db", "storage", "events", "jobs", "backups", "ui"}
PARTS = {"domain", "schemas", "models", "repository", "service", "auth", "routes", "jobs"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base_utils"}
SLICES = sorted(
    path.name for path in (SOURCE / "hub").iterdir() if path.is_dir() and path.name not in {*FOUNDATION, "__pycache__"}
)
# What other modules may take from SQLAlchemy: what they are given and hand on, a session or a connection.
HANDED_ON = {("sqlalchemy.ext.asyncio", "AsyncSession"), ("sqlalchemy", "Connection")}
# Which modules of the hub may know FastAPI.
EDGE = {"routes", "auth", "app", "ui", "mcp_mount"}


def inside(module: Module, package: str) -> bool:
    return module.name == package or module.name.startswith(f"{package}.")


def test_there_are_slices() -> None:
    assert {"identity", "fleet", "recordings"} <= set(SLICES)


@pytest.mark.parametrize("slice_name", SLICES)
def test_a_slice_has_the_known_files_and_no_others(slice_name: str) -> None:
    directory = SOURCE / "hub" / slice_name
    found = {path.stem for path in directory.iterdir() if path.name not in {"__pycache__", "__init__.py"}}

    assert found <= PARTS


@pytest.mark.parametrize("slice_name", [*SLICES, *sorted(FOUNDATION - {"db"})])
def test_nobody_else_imports_a_slices_repository_or_models(slice_name: str) -> None:
    package = f"pilothouse.hub.{slice_name}"
    private = tuple(f"{package}.{part}" for part in ("repository", "models"))
    found = [
        f"{module.name} imports {imported}"
        for module in modules()
        if not inside(module, package)
        for source, name in module.imports()
        for imported in {source, f"{source}.{name}"}
        if imported.startswith(private)
    ]

    assert found == []


def test_only_repositories_and_models_write_sql() -> None:
    found = [
        f"{module.name} imports {name} from {source}"
        for module in modules()
        if inside(module, "pilothouse") and not inside(module, "pilothouse.hub.db")
        for source, name in module.imports()
        if source.startswith("sqlalchemy") and (source, name) not in HANDED_ON
        if not {"repository", "models"} & set(module.name.split("."))
    ]

    assert found == []


def test_in_the_hub_only_routes_auth_and_app_know_fastapi() -> None:
    found = [
        f"{module.name} imports {source}"
        for module in modules()
        if inside(module, "pilothouse.hub") and not EDGE & set(module.name.split("."))
        for source, _ in module.imports()
        if source.split(".")[0] in {"fastapi", "starlette", "uvicorn"}
    ]

    assert found == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [module.name for module in modules() if FORBIDDEN_NAMES & set(module.name.split("."))] == []
