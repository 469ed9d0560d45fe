"""The `.git` that a guest sees: a shared clone of the mirror, written anew for each session and never read here.

What a guest does to it matters to nobody: on this side git works with a directory of its own, out of the guest's reach.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from pilothouse.workspaces.git import Git
from pilothouse.workspaces.model import Owner
from pilothouse.workspaces.ownership import give

OBJECTS_INSIDE = "/opt/pilothouse/objects"
_CONFIG = """[core]
\trepositoryformatversion = {version}
\tfilemode = true
\tbare = false
\tlogallrefupdates = true
\tcheckStat = minimal
\ttrustctime = false
[gc]
\tauto = 0
[extensions]
{extensions}"""


async def refs_of(git: Git, mirror: Path) -> str:
    """The refs of a mirror as a clone knows them, in the form of git's packed refs."""
    wanted = "--format=%(objectname) %(refname) %(*objectname)"
    said = await git.run("for-each-ref", "--sort=refname", wanted, "refs/heads", "refs/tags", git_directory=mirror)
    lines = ["# pack-refs with: peeled fully-peeled sorted"]
    known = [line.split(" ") for line in said.output.decode(errors="surrogateescape").splitlines()]
    named = sorted(
        (name.replace("refs/heads/", "refs/remotes/origin/", 1), commit, peeled) for commit, name, peeled in known
    )
    for name, commit, peeled in named:
        lines.append(f"{commit} {name}")
        if peeled:
            lines.append(f"^{peeled}")
    return "\n".join(lines) + "\n"


def write_guest_git(tree: Path, commit: str, *, index: Path, refs: Path, objects: str, owner: Owner | None) -> None:
    """Write `.git` into a tree that nobody else is in."""
    git = tree / ".git"
    for name in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
        (git / name).mkdir(parents=True)
    is_sha256 = len(commit) == 64
    (git / "config").write_text(
        _CONFIG.format(version=int(is_sha256), extensions="\tobjectFormat = sha256\n" if is_sha256 else "")
    )
    (git / "HEAD").write_text(f"{commit}\n")
    (git / "objects/info/alternates").write_text(f"{objects}\n")
    shutil.copyfile(refs, git / "packed-refs")
    shutil.copyfile(index, git / "index")
    give(git, owner)
