"""Set-ups: made once for each content of the manifests, in the sandbox, and shared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from pilothouse.kit.clock import SystemClock
from pilothouse.workspaces import Environments, Ran, Repositories, Repository, Setup, Shown, Workspace, Workspaces
from pilothouse.workspaces.environments import INSIDE
from pilothouse.workspaces.manifests import plan_for
from pilothouse.workspaces.problems import SetupFailed, SetupInvalid
from tests.support.packages import wheel
from tests.support.repositories import Upstream
from tests.support.sandboxed import Sandboxed, sandboxed

MAKES = Setup(commands=[["sh", "-c", "echo ran >> runs; mkdir -p lib/deep; echo made > lib/deep/f; echo >> README.md"]])


@pytest.fixture
async def sandbox(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Sandboxed]:
    async with sandboxed(tmp_path) as running:
        yield running


class Recorder:
    """A runner that remembers what it ran, in front of the sandbox."""

    def __init__(self, sandbox: Sandboxed) -> None:
        self._sandbox = sandbox
        self.ran: list[tuple[str, ...]] = []

    async def __call__(self, argv: Sequence[str], workspace: Workspace, shown: Shown, timeout_s: float) -> Ran:
        self.ran.append(tuple(argv))
        return await self._sandbox.set_up(argv, workspace, shown, timeout_s)


@pytest.fixture
def runner(sandbox: Sandboxed) -> Recorder:
    return Recorder(sandbox)


@pytest.fixture
def environments(tmp_path: Path, workspaces: Workspaces, runner: Recorder) -> Environments:
    return Environments(tmp_path / "environments", workspaces, run=runner, clock=SystemClock())


async def acquired(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces, **files: str
) -> Workspace:
    commit = upstream.commit({name.replace("__", "."): content for name, content in files.items()})
    await repositories.resolve(repository, commit)
    return await workspaces.acquire(repository, commit)


@pytest.mark.anyio
async def test_what_a_set_up_makes_is_there_read_only_and_made_once(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces, sandbox: Sandboxed,
    environments: Environments, runner: Recorder,
) -> None:  # fmt: skip
    first = await acquired(upstream, repository, repositories, workspaces, README__md="x\n", Makefile="all:\n")
    made = await environments.prepare(first, MAKES)
    later = await acquired(upstream, repository, repositories, workspaces, other__py="another commit\n")
    again = await environments.prepare(later, MAKES)

    assert made is not None
    assert again is not None
    assert (made.cached, again.cached, made.key == again.key, len(runner.ran)) == (False, True, True, 1)
    assert made.setup_s == again.setup_s > 0
    assert made.size_bytes > 0
    script = "cat lib/deep/f; cat README.md; echo x > lib/deep/f; rm -rf lib/deep/f; ls lib/deep; git status --short"
    for workspace, environment in ((first, made), (later, again)):
        shown = workspace.shown | environment.shown
        ending, output = await sandbox.run(["sh", "-c", script], workspace.path, shown)
        assert ending.exit_code == 0
        assert output.startswith("made\nx\n")
        assert "Read-only file system" in output
        assert "\nf\n" in output
        assert "README.md" not in output  # what it did to a file of the repository is not shared


@pytest.mark.anyio
async def test_other_manifests_are_another_set_up_and_the_patch_counts(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces,
    environments: Environments, runner: Recorder,
) -> None:  # fmt: skip
    first = await acquired(upstream, repository, repositories, workspaces, requirements__txt="a\n", data__txt="1")
    setup = Setup(commands=[["sh", "-c", "cp requirements.txt copied"]], manifests=["data.txt"])
    keys = [(await environments.prepare(first, setup)).key]  # type: ignore[union-attr]
    patch = b"--- a/requirements.txt\n+++ b/requirements.txt\n@@ -1 +1 @@\n-a\n+b\n"
    patched = await workspaces.acquire(repository, first.commit_sha, patch)
    keys.append((await environments.prepare(patched, setup)).key)  # type: ignore[union-attr]
    other = await acquired(upstream, repository, repositories, workspaces, data__txt="2")
    keys.append((await environments.prepare(other, setup)).key)  # type: ignore[union-attr]

    assert len(set(keys)) == len(runner.ran) == 3
    link = (patched.path / "copied").readlink()
    assert str(link) == f"{INSIDE}/copied"


@pytest.mark.anyio
async def test_many_who_need_the_same_wait_for_one(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces,
    environments: Environments, runner: Recorder,
) -> None:  # fmt: skip
    first = await acquired(upstream, repository, repositories, workspaces, a="x")
    others = [await workspaces.acquire(repository, first.commit_sha) for _ in range(4)]

    asking = [asyncio.create_task(environments.prepare(one, MAKES)) for one in (first, *others)]
    await asyncio.sleep(0)
    asking[0].cancel()
    found = await asyncio.gather(*asking, return_exceptions=True)

    assert isinstance(found[0], asyncio.CancelledError)
    assert len({one.key for one in found[1:]}) == len(runner.ran) == 1  # type: ignore[union-attr]


@pytest.mark.anyio
async def test_a_set_up_that_fails_says_what_and_leaves_nothing(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces,
    environments: Environments, tmp_path: Path,
) -> None:  # fmt: skip
    workspace = await acquired(upstream, repository, repositories, workspaces, a="x")
    failing = Setup(commands=[["sh", "-c", "echo half > half; echo no such package >&2; exit 3"]])

    with pytest.raises(SetupFailed, match=r"exit 3.*no such package"):
        await environments.prepare(workspace, failing)

    assert not (workspace.path / "half").exists()
    assert not list((tmp_path / "environments").glob("*/environment.json"))
    with pytest.raises(SetupInvalid):
        await environments.prepare(workspace, Setup(commands=[[]]))
    with pytest.raises(SetupInvalid):
        await environments.prepare(workspace, Setup(manifests=["../outside"]))
    assert await environments.prepare(workspace, Setup()) is None
    assert await environments.prepare(workspace, Setup(commands=[["true"]], enabled=False)) is None


@pytest.mark.anyio
async def test_a_link_in_the_repository_leads_nothing_out_of_it(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces,
    environments: Environments, tmp_path: Path,
) -> None:  # fmt: skip
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "requirements.txt").write_text("secret")
    setup = Setup(commands=[["sh", "-c", "mkdir -p place/made"]], manifests=["place/requirements.txt"])
    ordinary = await acquired(upstream, repository, repositories, workspaces, **{"place/a": "x"})
    await environments.prepare(ordinary, setup)
    (upstream.place / "place/a").unlink()
    (upstream.place / "place").rmdir()
    (upstream.place / "place").symlink_to(outside)
    hostile = await acquired(upstream, repository, repositories, workspaces, b="x")

    await environments.prepare(hostile, setup)

    assert [one.name for one in outside.iterdir()] == ["requirements.txt"]


@pytest.mark.anyio
@pytest.mark.skipif(
    not Path("/usr/bin/python3").exists(), reason="the sandbox shows /usr and this machine's Python is elsewhere"
)
async def test_python_requirements_are_installed_where_the_session_finds_them(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces, sandbox: Sandboxed,
    environments: Environments,
) -> None:  # fmt: skip
    commit = upstream.commit({
        "requirements.txt": "./wheels/roverwords-1.0-py3-none-any.whl\n",
        "wheels/roverwords-1.0-py3-none-any.whl": wheel("roverwords", "from the wheel"),
    })  # fmt: skip
    await repositories.resolve(repository, commit)
    workspace = await workspaces.acquire(repository, commit)

    environment = await environments.prepare(workspace, Setup())

    assert environment is not None
    shown = workspace.shown | environment.shown
    ending, output = await sandbox.run(
        ["python3", "-c", "import roverwords, sys; print(roverwords.WORD, sys.prefix)"], workspace.path, shown
    )
    assert (ending.exit_code, output) == (0, "from the wheel /workspace/.venv"), output


def everything(_program: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("manifests", "commands"),
    [
        ({}, []),
        ({"Makefile": b"all:\n\ttrue\nsetup: x\n", "requirements.txt": b""}, ["make setup"]),
        ({"Makefile": b"setup := 3\n"}, []),
        ({"uv.lock": b"", "pyproject.toml": b"[project]\n"}, ["uv sync --frozen"]),
        ({"pyproject.toml": b"[tool.ruff]\n"}, []),
        ({"package.json": b"{}", "package-lock.json": b"{}"}, ["npm ci --no-audit --no-fund --loglevel=error"]),
        ({"environment.yml": b""}, ["micromamba create --quiet --yes --prefix .conda --file environment.yml"]),
        (
            {"requirements.txt": b"", "pyproject.toml": b"[project]\n"},
            ["uv venv --quiet .venv",
             "uv pip install --quiet --python .venv/bin/python --requirement requirements.txt --editable ."],
        ),
    ],
)  # fmt: skip
def test_commands_follow_from_the_manifests(manifests: dict[str, bytes], commands: list[str]) -> None:
    assert [" ".join(command) for command in plan_for(manifests, everything).commands] == commands


def test_without_its_tool_a_manifest_asks_for_nothing() -> None:
    manifests = {"package.json": b"{}", "environment.yml": b"", "Makefile": b"setup:\n", "uv.lock": b""}

    assert plan_for(manifests, lambda _: False).commands == ()
    python = plan_for({"requirements.txt": b""}, lambda _: False)
    assert [command[0] for command in python.commands] == ["python3", ".venv/bin/python"]
