"""Set-ups by npm, uv and conda, from packages that lie in the repository: no registry is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pilothouse.kit.clock import SystemClock
from pilothouse.workspaces import Environment, Environments, Repositories, Repository, Setup, Workspace, Workspaces
from pilothouse.workspaces.tools import may_be_shown, tools_shown
from tests.support.packages import node_package, wheel
from tests.support.repositories import Upstream
from tests.support.sandboxed import Sandboxed, sandboxed

WHEEL = "roverwords-1.0-py3-none-any.whl"
UV = Path(sys.executable).with_name("uv")
CONDA = """#!/bin/sh
# What conda is asked for here, and no more than is looked at afterwards.
[ "$1 $2" = "env create" ] || exit 9
shift 2
while [ $# -gt 0 ]; do
    case "$1" in
        --prefix) prefix="$2"; shift 2 ;;
        --file) file="$2"; shift 2 ;;
        --quiet|--yes) shift ;;
        *) exit 8 ;;
    esac
done
mkdir -p "$prefix/bin"
printf '#!/bin/sh\\necho made by %s from %s\\n' "$0" "$(cat "$file")" > "$prefix/bin/rover"
chmod +x "$prefix/bin/rover"
"""
pytestmark = pytest.mark.anyio


@pytest.fixture
async def sandbox(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Sandboxed]:
    async with sandboxed(tmp_path) as running:
        yield running


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A directory beside /usr, as conda's or a person's own."""
    (tmp_path / "tools" / "bin").mkdir(parents=True)
    return tmp_path / "tools"


async def prepared(
    upstream: Upstream, repository: Repository, repositories: Repositories, directory: Path, sandbox: Sandboxed,
    tools: Path, files: dict[str, str | bytes],
) -> tuple[Workspaces, Workspace, Environment]:  # fmt: skip
    commit = upstream.commit(files)
    await repositories.resolve(repository, commit)
    beside = tools_shown([tools], mounts=True)
    workspaces = Workspaces(directory / "workspaces", repositories, clock=SystemClock(), beside=beside)
    await workspaces.start()
    environments = Environments(directory / "environments", workspaces, run=sandbox.set_up, clock=SystemClock())
    workspace = await workspaces.acquire(repository, commit)
    environment = await environments.prepare(workspace, Setup())
    assert environment is not None
    return workspaces, workspace, environment


async def test_make_is_asked_where_a_makefile_says_how(
    upstream: Upstream, repository: Repository, repositories: Repositories, tmp_path: Path, sandbox: Sandboxed,
    tools: Path,
) -> None:  # fmt: skip
    files = {"Makefile": "setup: built/words\nbuilt/words:\n\tmkdir -p built && echo from $(MAKE) > $@\n"}

    workspaces, workspace, environment = await prepared(
        upstream, repository, repositories, tmp_path, sandbox, tools, files
    )

    _, output = await sandbox.run(["cat", "built/words"], workspace.path, workspace.shown | environment.shown)
    assert environment.commands == (("make", "setup"),)
    assert output.split() == ["from", "make"]
    await workspaces.close()


@pytest.mark.skipif(not Path("/usr/bin/npm").exists(), reason="npm is not in /usr/bin here")
async def test_npm_installs_what_the_session_requires_and_calls(
    upstream: Upstream, repository: Repository, repositories: Repositories, tmp_path: Path, sandbox: Sandboxed,
    tools: Path,
) -> None:  # fmt: skip
    package = {"name": "rover", "version": "1.0.0", "dependencies": {"roverwords": "file:vendor/roverwords.tgz"}}
    files = {"package.json": json.dumps(package), "vendor/roverwords.tgz": node_package("roverwords", "from npm")}

    workspaces, workspace, environment = await prepared(
        upstream, repository, repositories, tmp_path, sandbox, tools, files
    )

    shown = workspace.shown | environment.shown
    script = "node -e 'console.log(require(\"roverwords\"))'; roverwords; touch node_modules/roverwords/index.js"
    _, output = await sandbox.run(["sh", "-c", script], workspace.path, shown)
    assert environment.commands[0][:2] == ("npm", "install")
    assert output.splitlines()[:2] == ["from npm", "from npm"]
    assert "Read-only file system" in output
    await workspaces.close()


@pytest.mark.skipif(not UV.exists(), reason="uv is not installed beside this Python")
@pytest.mark.parametrize("locked", [False, True])
async def test_uv_installs_what_was_locked_or_asked_for(
    upstream: Upstream, repository: Repository, repositories: Repositories, tmp_path: Path, sandbox: Sandboxed,
    tools: Path, *, locked: bool,
) -> None:  # fmt: skip
    (tools / "bin" / "uv").write_bytes(UV.read_bytes())
    (tools / "bin" / "uv").chmod(0o755)
    project = '[project]\nname = "rover"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["roverwords"]\n'
    project += f'[tool.uv]\npackage = false\n[tool.uv.sources]\nroverwords = {{ path = "wheels/{WHEEL}" }}\n'
    files: dict[str, str | bytes] = {f"wheels/{WHEEL}": wheel("roverwords", "from the wheel")}
    if locked:
        there = tmp_path / "locking"
        (there / "wheels").mkdir(parents=True)
        (there / "wheels" / WHEEL).write_bytes(wheel("roverwords", "from the wheel"))
        (there / "pyproject.toml").write_text(project)
        lock = [str(UV), "lock", "--offline", "--quiet", "--python", "/usr/bin/python3"]
        subprocess.run(lock, cwd=there, check=True)
        files |= {"pyproject.toml": project, "uv.lock": (there / "uv.lock").read_text()}
    else:
        files |= {"requirements.txt": f"./wheels/{WHEEL}\n"}

    workspaces, workspace, environment = await prepared(
        upstream, repository, repositories, tmp_path, sandbox, tools, files
    )

    program = "import roverwords, sys; print(roverwords.WORD, sys.prefix)"
    shown = workspace.shown | environment.shown
    _, output = await sandbox.run(["python3", "-c", program], workspace.path, shown)
    assert [words[0] for words in environment.commands] == (["uv"] if locked else ["uv", "uv"])
    assert output == "from the wheel /workspace/.venv", output
    await workspaces.close()


async def test_conda_beside_usr_is_found_and_asked_as_it_wants_to_be(
    upstream: Upstream, repository: Repository, repositories: Repositories, tmp_path: Path, sandbox: Sandboxed,
    tools: Path,
) -> None:  # fmt: skip
    (tools / "bin" / "conda").write_text(CONDA)
    (tools / "bin" / "conda").chmod(0o755)

    workspaces, workspace, environment = await prepared(
        upstream, repository, repositories, tmp_path, sandbox, tools, {"environment.yml": "dependencies"}
    )

    shown = workspace.shown | environment.shown
    _, output = await sandbox.run(["rover"], workspace.path, shown)
    assert output == f"made by {tools}/bin/conda from dependencies"
    _, output = await sandbox.run(["sh", "-c", f"touch {tools}/bin/conda"], workspace.path, shown)
    assert "Read-only file system" in output
    await workspaces.close()


def test_tools_that_are_not_here_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()

    shown = tools_shown([tmp_path / "plain", tmp_path / "none"], mounts=True)

    assert shown.path == (str(tmp_path / "plain"),)
    assert shown.read_only == {str(tmp_path / "plain"): tmp_path / "plain"}
    assert tools_shown([tmp_path / "plain"], mounts=False).read_only == {}


def test_tools_do_not_cover_what_is_the_sandboxs_own() -> None:
    fits = {place: may_be_shown(Path(place)) for place in (
        "/opt/conda", "/opt/uv/bin", "/usr/lib/x", "/", "/opt", "/etc", "conda", "/opt/../etc", "/workspace/x",
    )}  # fmt: skip

    assert [place for place, well in fits.items() if well] == ["/opt/conda", "/opt/uv/bin"]
