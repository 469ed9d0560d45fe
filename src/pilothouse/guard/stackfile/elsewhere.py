"""Looks at the Python of a policy in a process of its own: what the guard does not run, it does not import either."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pilothouse.guard.stackfile.functions import Found, faults_of_adapter
from pilothouse.guard.stackfile.yours import PluginPolicyConfig, PythonPolicyConfig

# Libraries of learned policies take seconds to import, and from a slow disk many.
LOOK_S = 120.0
_COMMAND = "from pilothouse.guard.stackfile.elsewhere import main; main()"
# What was found fine: changing a boundary does not import a policy again.
_fine: set[str] = set()


def faults_elsewhere(kind: str, config: BaseModel, directory: Path) -> Found:
    """As faults_of_adapter, in another process."""
    if not isinstance(config, PythonPolicyConfig | PluginPolicyConfig):
        return
    asked = {"kind": kind, "config": config.model_dump(mode="json"), "directory": str(directory), "path": sys.path}
    question = json.dumps(asked)
    if question in _fine:
        return
    found = _looked(question)
    if not found:
        _fine.add(question)
    yield from found


def _looked(question: str) -> list[tuple[tuple[str, ...], str]]:
    own, other = os.pipe()
    try:
        done = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-P", "-c", _COMMAND, str(other)], input=question.encode(), capture_output=True,
            timeout=LOOK_S, pass_fds=(other,), check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        os.close(own)
        return [((), f"importing it takes longer than {LOOK_S:g} s")]
    finally:
        os.close(other)
    with open(own, "rb") as file:  # noqa: PTH123 - a pipe
        answer = file.read()
    if done.returncode == 0:
        return [(tuple(steps), reason) for steps, reason in json.loads(answer)]
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return [((), f"importing it ends the process ({done.returncode}): {said[-1][:200] if said else 'it says nothing'}")]


def main() -> None:
    """In the other process: the question comes on standard input, the answer goes to the file that is named."""
    asked: dict[str, Any] = json.load(sys.stdin)
    sys.path[:] = asked["path"]
    yours = PythonPolicyConfig if asked["config"]["type"] == "python" else PluginPolicyConfig
    config = yours.model_validate(asked["config"])
    found = list(faults_of_adapter(asked["kind"], config, Path(asked["directory"])))
    with os.fdopen(int(sys.argv[1]), "w") as file:
        json.dump(found, file)
    sys.stdout.flush()
    # Threads that a module began while it was imported keep nothing.
    os._exit(0)
