"""Patches: whole or not at all, inside or not at all, and a failure says where."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.kit.errors import Problem
from pilothouse.workspaces import Repositories, Repository, Workspace, Workspaces, patch_hash
from pilothouse.workspaces.patches import files_of, refuse_outside
from pilothouse.workspaces.problems import PatchDoesNotApply, PatchForbidden, PatchUnreadable
from tests.support.repositories import Upstream, git
from tests.workspaces.conftest import GUEST

LINES = "".join(f"line {number}\n" for number in range(1, 61))


async def patched(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces, patch: bytes
) -> Workspace:
    commit = git(upstream.place, "rev-parse", "HEAD")
    await repositories.resolve(repository, commit)
    return await workspaces.acquire(repository, commit, patch)


def difference(upstream: Upstream, *words: str) -> bytes:
    """What lies in the upstream's working tree, as a patch; the tree is as it was afterwards."""
    git(upstream.place, "add", "--all")
    patch = git(upstream.place, "diff", "--cached", "--binary", *words)
    git(upstream.place, "reset", "--hard", "--quiet")
    return patch.encode() + b"\n\n"


@pytest.mark.anyio
async def test_a_patch_changes_adds_deletes_renames_and_links(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces
) -> None:
    upstream.commit({"a.txt": LINES, "old.txt": LINES, "gone.txt": "x\n", "mode.sh": "echo\n"})
    (upstream.place / "a.txt").write_text(LINES.replace("line 30", "changed"))
    (upstream.place / "gone.txt").unlink()
    (upstream.place / "old.txt").rename(upstream.place / "new name.txt")
    (upstream.place / "mode.sh").chmod(0o755)
    (upstream.place / "ünï").mkdir()
    (upstream.place / "ünï/added.txt").write_text("no newline")
    (upstream.place / "link").symlink_to("a.txt")
    patch = difference(upstream, "-M")

    workspace = await patched(upstream, repository, repositories, workspaces, patch)

    tree = workspace.path
    assert "changed" in (tree / "a.txt").read_text()
    assert not (tree / "gone.txt").exists()
    assert (tree / "new name.txt").read_text() == LINES
    assert os.access(tree / "mode.sh", os.X_OK)
    assert (tree / "ünï/added.txt").read_text() == "no newline"
    assert (tree / "link").readlink() == Path("a.txt")
    assert workspace.patch_hash == hashlib.sha256(patch).hexdigest() == patch_hash(patch)
    if GUEST is not None:
        assert {path.lstat().st_uid for path in tree.rglob("*")} == {tree.stat().st_uid}
        assert tree.stat().st_uid >= GUEST.uid
        # Whom it belongs to may go on writing.
        script = "echo more >> a.txt && echo more >> 'new name.txt' && touch ünï/more"
        guest = {"user": tree.stat().st_uid, "group": tree.stat().st_gid, "extra_groups": []}
        subprocess.run(["sh", "-ec", script], cwd=tree, check=True, **guest)
    await workspaces.release(workspace)
    clean = await workspaces.acquire(repository, workspace.commit_sha)
    assert sorted(one.name for one in clean.path.iterdir()) == [".git", "a.txt", "gone.txt", "mode.sh", "old.txt"]
    assert clean.patch_hash is None


@pytest.mark.anyio
async def test_a_binary_patch_is_applied(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces
) -> None:
    before, after = os.urandom(5_000), os.urandom(5_000)
    upstream.commit({"image.bin": before})
    (upstream.place / "image.bin").write_bytes(after)
    patch = difference(upstream)

    workspace = await patched(upstream, repository, repositories, workspaces, patch)

    assert (workspace.path / "image.bin").read_bytes() == after


@pytest.mark.anyio
async def test_a_patch_that_does_not_apply_names_file_and_hunk_and_changes_nothing(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces, tmp_path: Path
) -> None:
    upstream.commit({"good.txt": "good\n", "src/a.txt": LINES})
    (upstream.place / "good.txt").write_text("better\n")
    (upstream.place / "src/a.txt").write_text(LINES.replace("line 10\n", "ten\n").replace("line 50\n", "fifty\n"))
    patch = difference(upstream)
    upstream.commit({"src/a.txt": LINES.replace("line 50\n", "already different\n")})

    with pytest.raises(PatchDoesNotApply) as refused:
        await patched(upstream, repository, repositories, workspaces, patch)

    assert refused.value.facts["file"] == "src/a.txt"
    assert refused.value.facts["hunk"] == 2
    assert "src/a.txt, hunk 2" in refused.value.sentence
    assert list((tmp_path / "workspaces/sessions").iterdir()) == []
    commit = git(upstream.place, "rev-parse", "HEAD")
    assert (await workspaces.acquire(repository, commit)).path.joinpath("good.txt").read_text() == "good\n"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        (b"--- a/none.txt\n+++ b/none.txt\n@@ -1 +1 @@\n-a\n+b\n", "No such file"),
        (b"--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+b\n", "already exists"),
    ],
)
async def test_a_patch_for_other_files_says_so(
    patch: bytes, reason: str, upstream: Upstream, repository: Repository, repositories: Repositories,
    workspaces: Workspaces,
) -> None:  # fmt: skip
    upstream.commit({"a.txt": "a\n"})

    with pytest.raises(PatchDoesNotApply, match=reason):
        await patched(upstream, repository, repositories, workspaces, patch)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "patch",
    [
        b"",
        b" \n",
        b"no patch at all\n",
        b"--- a/a.txt\n+++ b/a.txt\n@@ -1,5 +1,5 @@\n-a\n",
        b"\0\xff\xfe",
        b"diff --git a/a.txt b/a.txt\nGIT binary patch\nliteral 5\nnonsense\n",
        b"diff --git a/b b/b\nnew file mode 100644\nGIT binary patch\nliteral 99999999999\nzcmZQz\n\n",
    ],
)
async def test_what_is_no_patch_says_so(
    patch: bytes, upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces
) -> None:
    upstream.commit({"a.txt": "a\n"})

    with pytest.raises(PatchUnreadable):
        await patched(upstream, repository, repositories, workspaces, patch)


def adding(name: bytes) -> bytes:
    written = b'"b/' + name[1:] if name.startswith(b'"') else b"b/" + name
    return b"diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ " + written + b"\n@@ -0,0 +1 @@\n+owned\n"


def adding_empty(name: bytes) -> bytes:
    """Only the first line has its name."""
    a, b = (b'"a/' + name[1:], b'"b/' + name[1:]) if name.startswith(b'"') else (b"a/" + name, b"b/" + name)
    return b"diff --git " + a + b" " + b + b"\nnew file mode 100644\nindex 0000000..e69de29\n"


OUTSIDE = [
    b"../outside",
    b"src/../../outside",
    b"/etc/outside",
    b".git/config",
    b"src/.git/hooks/post-checkout",
    b".GIT/config",
    b'"\\056git/config"',
    b'"..\\057outside"',
    "\u200c.git/config".encode(),
    b"git~1/config",
    b".git. /config",
    b".git",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_patch_that_reaches_outside_is_refused_before_git_sees_it(name: bytes) -> None:
    with pytest.raises(PatchForbidden):
        refuse_outside(adding(name))
    with pytest.raises(PatchForbidden):
        refuse_outside(adding_empty(name))


@pytest.mark.anyio
@pytest.mark.parametrize("name", OUTSIDE)
async def test_git_would_refuse_it_too(
    name: bytes, upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    upstream.commit({"a.txt": "a\n"})
    monkeypatch.setattr("pilothouse.workspaces.patches.refuse_outside", lambda _patch: None)
    bare = adding(name).replace(b"diff --git a/x b/x\nnew file mode 100644\n", b"")

    for patch in (bare, adding_empty(name)):
        with pytest.raises(Problem):
            await patched(upstream, repository, repositories, workspaces, patch)

    assert not list(tmp_path.rglob("outside*"))


@pytest.mark.anyio
async def test_a_patch_does_not_write_through_links(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces, tmp_path: Path
) -> None:
    (tmp_path / "target").mkdir()
    upstream.place.joinpath("committed").symlink_to(tmp_path / "target")
    upstream.commit({"a.txt": "a\n"})
    through_committed = adding(b"committed/owned").replace(b"/x", b"/committed/owned")
    through_its_own = (
        b"diff --git a/way b/way\nnew file mode 120000\n--- /dev/null\n+++ b/way\n@@ -0,0 +1 @@\n+"
        + os.fsencode(tmp_path / "target")
        + b"\n\\ No newline at end of file\n"
        + adding(b"way/owned").replace(b"/x", b"/way/owned")
    )

    for patch in (through_committed, through_its_own):
        with pytest.raises(PatchForbidden, match="symbolic link"):
            await patched(upstream, repository, repositories, workspaces, patch)

    assert list((tmp_path / "target").iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        b"diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n---- a/../not-a-name\n++++ b/../not-a-name\n",
        b"diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-rename from /etc/passwd\n+x\n",
    ],
)
def test_lines_of_a_hunk_are_not_taken_for_names(text: bytes) -> None:
    assert set(files_of(text)) == {"a"}


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_patch_or_a_problem(patch: bytes) -> None:
    try:
        refuse_outside(patch)
    except PatchForbidden as refused:
        refused.sentence.encode()
