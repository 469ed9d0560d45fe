"""What is checked out here: which repository of the hub, which commit, and what is not committed yet."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pilothouse.kit.errors import BadConfiguration

if TYPE_CHECKING:
    from pilothouse.client.lab import Lab


def repository_named(lab: Lab, name: str | None) -> str:
    """The repository that was named, or the one whose address is this checkout's origin, or the only one there is."""
    if name is not None:
        return name
    known = lab.repositories(limit=200).items
    origin = _git("config", "--get", "remote.origin.url", check=False).decode().strip()
    fitting = [one.name for one in known if origin and one.remote_url == origin] or [one.name for one in known]
    if len(fitting) != 1:
        listed = ", ".join(sorted(fitting)) or "none yet: pilothouse lab repo add"
        raise BadConfiguration(problem=f"which repository? Add --repo NAME (there are: {listed})")
    return fitting[0]


def head() -> str:
    """The commit that is checked out here."""
    return _git("rev-parse", "--verify", "HEAD").decode().strip()


def uncommitted() -> bytes:
    """Everything that differs from HEAD, new files included, as a patch; index and files stay as they are."""
    index = _git("rev-parse", "--git-path", "index").decode().strip()
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "index"
        if Path(index).is_file():
            shutil.copyfile(index, copy)
        top = _git("rev-parse", "--show-toplevel").decode().strip()
        _git("add", "--all", cwd=top, index=copy)
        return _git("diff", "--cached", "--binary", "--no-color", "--no-ext-diff", "HEAD", cwd=top, index=copy)


def _git(*words: str, cwd: str | None = None, index: Path | None = None, check: bool = True) -> bytes:
    environment = dict(os.environ) if index is None else {**os.environ, "GIT_INDEX_FILE": str(index)}
    try:
        said = subprocess.run(["git", *words], cwd=cwd, env=environment, capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        raise BadConfiguration(problem="git is not installed here; name the commit with --commit") from None
    if check and said.returncode != 0:
        reason = said.stderr.decode(errors="replace").strip().splitlines()
        raise BadConfiguration(problem=f"git {words[0]}: {reason[-1] if reason else said.returncode}")
    return said.stdout if said.returncode == 0 else b""
