"""Small git repositories, made as somebody else's: what a session is made from."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_PLAIN = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A Robot",
    "GIT_AUTHOR_EMAIL": "robot@example.org",
    "GIT_COMMITTER_NAME": "A Robot",
    "GIT_COMMITTER_EMAIL": "robot@example.org",
}


def git(place: Path, *words: str, **variables: str) -> str:
    """Run git in a repository; what it printed."""
    environment = {**os.environ, **_PLAIN, **variables}
    command = ["git", *words]
    said = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    return said.stdout.strip()


class Upstream:
    """A repository on disk, as a remote would be."""

    def __init__(self, place: Path) -> None:
        place.mkdir(parents=True)
        self.place = place
        git(place, "init", "--quiet", "--initial-branch=main")

    @property
    def url(self) -> str:
        return f"file://{self.place}"

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "Change") -> str:
        """Write (None: delete) files and commit; the commit."""
        for name, content in files.items():
            file = self.place / name
            if content is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        git(self.place, "add", "--all", "--force")
        git(self.place, "commit", "--quiet", "--allow-empty", "--message", message)
        return git(self.place, "rev-parse", "HEAD")
