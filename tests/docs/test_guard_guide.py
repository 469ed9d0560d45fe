"""The guide to the guard holds: its commands run as printed, its Stackfile loads, its Python does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from pilothouse.guard.adapters import open_adapters
from pilothouse.guard.model import Action, Observation
from pilothouse.guard.stackfile import Stackfile, load, load_text
from pilothouse.guard.stackfile.adapters import PolicyConfig, SinkConfig, SourceConfig
from tests.support.processes import PILOTHOUSE, pilothouse

GUIDE = (Path(__file__).parents[2] / "docs/guides/guard.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
STACKFILE, POLICY = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
GUARDRAIL, LEARNED = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
ENVIRONMENT = {**os.environ, "PATH": f"{PILOTHOUSE.parent}:{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guard")


@pytest.fixture(scope="module")
def guard(place: Path) -> Iterator[str]:
    subprocess.run(["bash", "-ec", COMMANDS[0]], cwd=place, env=ENVIRONMENT, check=True, timeout=60)
    with pilothouse("guard", "run", "stack.yaml", "--data", "guard-data", "--port", "0", cwd=place) as program:
        yield program.url


def test_every_command_runs_as_printed(guard: str, place: Path) -> None:
    assert len(COMMANDS) == 3
    for command in COMMANDS[1:]:
        done = subprocess.run(
            ["bash", "-ec", command], cwd=place, env={**ENVIRONMENT, "GUARD": guard}, check=False, capture_output=True,
            timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, (command, done)


def test_the_stackfile_shows_every_section_and_loads() -> None:
    stack = load_text(STACKFILE)

    assert stack.model_fields_set == set(Stackfile.model_fields)
    assert stack.tasks["inspect"].boundaries == ("limits", "fresh")


def test_the_fault_is_told_as_printed(tmp_path: Path) -> None:
    command, said = re.findall(r"```console\n\$ (pilothouse guard validate wrong.*?)\n(.*?)```", GUIDE, re.DOTALL)[0]
    (tmp_path / "wrong.yaml").write_text(STACKFILE.replace("scale: 0.9", "scael: 0.9"))

    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=ENVIRONMENT, check=False, capture_output=True, text=True, timeout=60
    )

    assert re.sub(r"line \d+", "line N", done.stderr) == re.sub(r"line \d+", "line N", said)


def test_the_python_does_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text(STACKFILE)
    (tmp_path / "mypolicy.py").write_text(LEARNED)
    (tmp_path / "python.yaml").write_text(
        STACKFILE.replace(
            "policy: {type: sim}",
            'policy: {type: python, function: "mypolicy:Learned", parameters: {gain: 0.9}}',
        )
    )

    subprocess.run([sys.executable, "-c", GUARDRAIL], cwd=tmp_path, check=True, timeout=60)
    try:
        assert load(tmp_path / "python.yaml").policy is not None
    finally:
        sys.modules.pop("mypolicy", None)
        sys.path[:] = [one for one in sys.path if one != str(tmp_path)]


def test_the_policy_runs_in_a_process_of_its_own_as_written(tmp_path: Path) -> None:
    (tmp_path / "mypolicy.py").write_text(LEARNED)
    said = []
    for process in ("own", "shared"):
        (tmp_path / f"{process}.yaml").write_text(
            STACKFILE.replace("policy: {type: sim}", POLICY.replace("process: own", f"process: {process}"))
        )
        command = f"pilothouse guard validate {process}.yaml"
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=ENVIRONMENT, check=True, capture_output=True, text=True,
            timeout=60,
        )  # fmt: skip
        said.append(done.stdout)
    assert "policy   in a process of its own" in said[0]
    assert "warning  the policy shares the guard's process" in said[1]

    adapters = open_adapters(load(tmp_path / "own.yaml"))
    adapters.policy.reset()
    try:
        assert adapters.policy.predict(Observation(0.0, (1.0, 0.5))) == Action((0.9, 0.45))
    finally:
        adapters.policy.stop()  # type: ignore[attr-defined]


def test_the_table_of_types_is_complete() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:5]] for line in GUIDE.splitlines() if line.startswith("| `")]
    for column, union in ((1, SourceConfig), (2, PolicyConfig), (3, SinkConfig)):
        members = [get_args(one)[0] for one in get_args(get_args(union)[0])]
        types = {one.model_fields["type"].default for one in members if "world" in one.model_fields or one.__module__}
        shown = {row[0].strip("`") for row in rows if row[column] == "✓"}
        assert shown == {one for one in types if isinstance(one, str)}
