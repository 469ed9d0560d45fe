"""Workspaces: clean for everybody who gets one, whatever was done in the one before."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pilothouse.kit.clock import SystemClock
from pilothouse.sandbox.keeper.identities import GUEST_ID
from pilothouse.workspaces import Repositories, Repository, Warmth, Workspace, Workspaces, guests
from pilothouse.workspaces.guest_git import OBJECTS_INSIDE
from pilothouse.workspaces.overlay import mounted_beneath
from pilothouse.workspaces.problems import CheckoutFailed
from pilothouse.workspaces.workspaces import WorkspacesInUse
from tests.support.repositories import Upstream, git
from tests.workspaces.conftest import GUEST

pytestmark = pytest.mark.anyio

FILES = {
    "README.md": "A robot\n",
    "src/drive.py": "print('drive')\n",
    "src/deep/er/and/deeper.txt": "deep\n",
    "tool.sh": "#!/bin/sh\necho tool\n",
    ".gitignore": "*.pyc\nbuild/\n",
}


def contents(tree: Path) -> dict[str, bytes]:
    """Every file but what belongs to git, links as what they point to."""
    found: dict[str, bytes] = {}
    for place, directories, names in os.walk(tree):
        directories[:] = [name for name in directories if Path(place) != tree or name != ".git"]
        for name in [*names, *(one for one in directories if (Path(place) / one).is_symlink())]:
            path = Path(place) / name
            content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(tree))] = content
        for name in directories:
            found.setdefault(str((Path(place) / name).relative_to(tree)) + "/", b"")
    return found


def modes_of(tree: Path) -> dict[str, int]:
    return {name: stat.S_IMODE((tree / name).lstat().st_mode) for name in contents(tree)}


def expected(files: dict[str, str]) -> dict[str, bytes]:
    directories = {f"{parent}/": b"" for name in files for parent in map(str, Path(name).parents) if parent != "."}
    return {name: content.encode() for name, content in files.items()} | directories


def owners(tree: Path) -> set[int]:
    found = [path.lstat() for path in tree.rglob("*")]
    return {one.st_uid for one in found} | {one.st_gid for one in found}


async def test_a_workspace_holds_exactly_the_commit(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces
) -> None:
    first = upstream.commit(FILES)
    second = upstream.commit({"README.md": None, "src/deep/er/and/deeper.txt": None, "new/file": "new\n"})
    await repositories.resolve(repository, "main")

    one = await workspaces.acquire(repository, first)
    two = await workspaces.acquire(repository, second)

    later = {
        name: content for name, content in FILES.items() if name not in ("README.md", "src/deep/er/and/deeper.txt")
    }
    assert contents(one.path) == expected(FILES)
    assert contents(two.path) == expected(later | {"new/file": "new\n"})
    assert one.path != two.path
    assert (one.warmth, two.warmth) == (Warmth.COLD, Warmth.COLD)
    assert 0 < one.timings.checkout_s <= one.timings.total_s
    if GUEST is not None:
        assert owners(one.path) == {one.path.stat().st_uid}
        assert owners(two.path) == {two.path.stat().st_uid}
        if workspaces._guests is None:
            assert owners(one.path) | owners(two.path) == {GUEST.uid}
        else:
            assert one.path.stat().st_uid != two.path.stat().st_uid


async def test_however_many_sessions_live_no_two_are_the_same_user(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if workspaces._guests is None:
        return
    taken = [workspaces._guests.take() for _ in range(1_500)]
    assert len(set(taken)) == len(taken)

    monkeypatch.setattr(guests, "_KEPT", 1)
    commit = upstream.commit(FILES)
    await repositories.resolve(repository, commit)
    made = [await workspaces.acquire(repository, commit) for _ in range(3)]

    users = {one.path.stat().st_uid for one in made}
    assert len(users) == 3
    assert not users & {GUEST_ID, *taken}
    assert len(workspaces._guests._namespaces) <= 1


async def test_a_warm_one_is_reused_and_moved_by_difference(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces
) -> None:
    commits = [upstream.commit(FILES), upstream.commit({"README.md": "Two\n"})]
    await repositories.resolve(repository, "main")
    warmth = []

    for commit in (commits[0], commits[0], commits[1], commits[1]):
        workspace = await workspaces.acquire(repository, commit)
        assert (workspace.path / "README.md").read_text() == ("Two\n" if commit == commits[1] else FILES["README.md"])
        warmth.append(workspace.warmth)
        await workspaces.release(workspace)

    assert warmth == [Warmth.COLD, Warmth.WARM, Warmth.MOVED, Warmth.WARM]


async def test_what_one_session_writes_another_does_not_see(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces
) -> None:
    commit = upstream.commit(FILES)
    await repositories.resolve(repository, commit)

    one, two = await asyncio.gather(*(workspaces.acquire(repository, commit) for _ in range(2)))
    (one.path / "README.md").write_text("mine")
    (one.path / "secret").write_text("mine")

    assert contents(two.path) == expected(FILES)
    await workspaces.release(one)
    assert contents(two.path) == expected(FILES)
    three = await workspaces.acquire(repository, commit)
    assert contents(three.path) == expected(FILES)


def nested_repository(tree: Path) -> None:
    git(tree, "init", "--quiet", "vendor/inner")
    (tree / "vendor/inner/file").write_text("x")
    git(tree, "init", "--quiet", "--bare", "src/bare.git")


def ignored_files(tree: Path) -> None:
    (tree / "build/lib").mkdir(parents=True)
    (tree / "build/lib/x.pyc").write_text("x")
    (tree / "src/drive.pyc").write_text("x")


def read_only_directories(tree: Path) -> None:
    (tree / "locked/inside").mkdir(parents=True)
    (tree / "locked/inside/file").write_text("x")
    (tree / "locked/inside").chmod(0o000)
    (tree / "locked").chmod(0o500)
    (tree / "src").chmod(0o500)
    (tree / "src/drive.py").chmod(0o000)


def other_owners(tree: Path) -> None:
    (tree / "theirs").write_text("x")
    if os.geteuid() == 0:
        os.chown(tree / "theirs", 0, 0)
        os.chown(tree / "src", 0, 0)
        os.chown(tree, 0, 0)


def special_files(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(tree)
        try:
            listening.bind("socket")
        finally:
            os.chdir(here)


def links_outside(tree: Path) -> None:
    (tree / "src/drive.py").unlink()
    (tree / "src/drive.py").symlink_to("/etc/hostname")
    (tree / "etc").symlink_to("/etc")
    for path in sorted((tree / "src/deep").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (tree / "src/deep").rmdir()
    (tree / "src/deep").symlink_to("../../../../..")


def same_size_same_time(tree: Path) -> None:
    """What git's own look at size and modification time does not find."""
    file = tree / "src/drive.py"
    before = file.stat()
    file.write_text("print('drlve')\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def deep_nesting(tree: Path) -> None:
    here = os.open(tree, os.O_RDONLY)
    for _ in range(3_000):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def strange_names(tree: Path) -> None:
    for name in (b"\xff\xfe", b"new\nline", b"-rf", b"\x1b[2J", b" ", b"..."):
        Path(os.fsdecode(os.fsencode(tree) + b"/" + name)).write_text("x")


def everything_gone(tree: Path) -> None:
    subprocess.run(["find", str(tree), "-mindepth", "1", "-delete"], check=True)


def files_for_directories(tree: Path) -> None:
    everything_gone(tree)
    (tree / "src").write_text("a file")
    (tree / "README.md").mkdir()
    (tree / "README.md/inside").write_text("x")


def hard_links(tree: Path) -> None:
    os.link(tree / "src/drive.py", tree / "linked")


def renamed_directories(tree: Path) -> None:
    (tree / "src").rename(tree / "source")


def attributes(tree: Path) -> None:
    try:
        os.setxattr(tree / "src", "user.left", b"behind")
    except OSError:
        pytest.skip("this file system keeps no attributes")


MESSES: list[Callable[[Path], None]] = [
    nested_repository, ignored_files, read_only_directories, other_owners, special_files, links_outside,
    same_size_same_time, deep_nesting, strange_names, everything_gone, files_for_directories, hard_links,
    renamed_directories, attributes,
]  # fmt: skip


@pytest.mark.parametrize("mess", MESSES, ids=lambda mess: mess.__name__)
async def test_release_leaves_nothing_behind(
    mess: Callable[[Path], None],
    upstream: Upstream,
    repository: Repository,
    repositories: Repositories,
    workspaces: Workspaces,
    tmp_path: Path,
) -> None:
    commit = upstream.commit(FILES)
    await repositories.resolve(repository, commit)
    workspace = await workspaces.acquire(repository, commit)
    modes, owner = modes_of(workspace.path), workspace.path.stat().st_uid

    mess(workspace.path)
    await workspaces.release(workspace)
    after = await workspaces.acquire(repository, commit)

    assert contents(after.path) == expected(FILES)
    assert modes_of(after.path) == modes
    assert os.listxattr(after.path / "src") == []
    assert owners(after.path) | {after.path.stat().st_uid} == {owner}
    await workspaces.release(after)
    await workspaces.release(after)
    assert list((tmp_path / "workspaces/sessions").iterdir()) == []
    assert mounted_beneath(tmp_path) == []
    assert not list((tmp_path / "workspaces").rglob(".removing-*"))


def hostile_git(tree: Path, owned: Path) -> None:
    """Everything by which a repository can name a program."""
    command = f"touch {owned}; false"
    config = tree / ".git/config"
    config.write_text(
        f'[core]\n\tfsmonitor = "{command}"\n\tsshCommand = "{command}"\n\thooksPath = {tree}/hooks\n'
        f'\tpager = "{command}"\n\teditor = "{command}"\n\talternateRefsCommand = "{command}"\n'
        f'[filter "evil"]\n\tclean = "{command}"\n\tsmudge = "{command}"\n\tprocess = "{command}"\n\trequired = true\n'
        f'[diff "evil"]\n\tcommand = "{command}"\n\ttextconv = "{command}"\n[merge "evil"]\n\tdriver = "{command}"\n'
        f'[remote "origin"]\n\turl = "ext::sh -c touch% {owned}"\n\tuploadpack = "{command}"\n'
        f'[alias]\n\tread-tree = "!{command}"\n[include]\n\tpath = {tree}/more\n'
        f'[credential]\n\thelper = "!{command}"\n[gpg]\n\tprogram = "{command}"\n'
    )
    (tree / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    for place in (tree / "hooks", tree / ".git/hooks"):
        place.mkdir(exist_ok=True)
        for name in ("post-checkout", "post-index-change", "pre-commit", "reference-transaction", "fsmonitor-watchman"):
            (place / name).write_text(f"#!/bin/sh\n{command}\n")
            (place / name).chmod(0o755)


def a_git_file(tree: Path, owned: Path) -> None:
    hostile_git(tree, owned)
    (tree / ".git").rename(tree / "elsewhere")
    (tree / ".git").write_text(f"gitdir: {tree}/elsewhere\n")


def a_git_link(tree: Path, owned: Path) -> None:
    hostile_git(tree, owned)
    (tree / ".git").rename(tree / "elsewhere")
    (tree / ".git").symlink_to("elsewhere")


def git_everywhere(tree: Path, owned: Path) -> None:
    """In each directory, where a submodule would have its own, the committed one included."""
    for place in ("src", "src/deep", "module"):
        (tree / place).mkdir(exist_ok=True)
        git(tree / place, "init", "--quiet")
        hostile_git(tree / place, owned)
    hostile_git(tree, owned)


@pytest.mark.parametrize("attack", [hostile_git, a_git_file, a_git_link, git_everywhere], ids=lambda one: one.__name__)
async def test_what_a_guest_writes_for_git_never_runs_here(
    attack: Callable[[Path, Path], None],
    upstream: Upstream,
    repository: Repository,
    repositories: Repositories,
    workspaces: Workspaces,
    tmp_path: Path,
) -> None:
    owned = tmp_path / "owned"
    first = with_submodule(upstream)
    second = upstream.commit({"README.md": "Two\n", ".gitattributes": "* filter=evil diff=evil\n"})
    await repositories.resolve(repository, "main")
    patch = b"--- a/README.md\n+++ b/README.md\n@@ -1 +1 @@\n-Two\n+Three\n"

    workspace = await workspaces.acquire(repository, first)
    attack(workspace.path, owned)
    await workspaces.release(workspace)
    same = await workspaces.acquire(repository, first)
    attack(same.path, owned)
    await workspaces.release(same)
    moved = await workspaces.acquire(repository, second, patch)

    assert not owned.exists()
    assert (moved.path / "README.md").read_text() == "Three\n"
    assert "evil" not in (moved.path / ".git/config").read_text()
    assert not (moved.path / ".git/hooks").exists()
    assert list((moved.path / "module").iterdir()) == []
    await workspaces.release(moved)
    assert not owned.exists()
    # The attack itself works: git, asked in such a place as anybody would, runs it.
    victim = await workspaces.acquire(repository, second)
    attack(victim.path, owned)
    subprocess.run(["git", "status"], cwd=victim.path, capture_output=True, check=False, env=asked_as_anybody())
    assert owned.exists()


def asked_as_anybody() -> dict[str, str]:
    trusting = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    return {**os.environ, **trusting}


def with_submodule(upstream: Upstream) -> str:
    """A commit with a gitlink, of which nothing is ever fetched."""
    commit = upstream.commit(FILES)
    git(upstream.place, "update-index", "--add", "--cacheinfo", f"160000,{commit},module")
    git(upstream.place, "commit", "--quiet", "--message", "A submodule")
    (upstream.place / "module").mkdir()
    return git(upstream.place, "rev-parse", "HEAD")


async def test_hooks_and_filters_of_a_repository_do_not_run_here(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces, tmp_path: Path
) -> None:
    owned = tmp_path / "owned"
    for name in ("post-checkout", "post-index-change", "post-upload-pack"):
        hook = upstream.place / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {owned}\n")
        hook.chmod(0o755)
    commit = upstream.commit({**FILES, ".gitattributes": "*.md filter=lfs ident\n"})
    owned.unlink(missing_ok=True)
    await repositories.resolve(repository, commit)

    workspace = await workspaces.acquire(repository, commit)

    assert not owned.exists()
    assert (workspace.path / "README.md").read_text() == FILES["README.md"]


async def test_a_guest_has_git_of_its_own_with_history_tags_and_branches(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces, tmp_path: Path
) -> None:
    upstream.commit(FILES)
    git(upstream.place, "tag", "-a", "v1.0", "-m", "One")
    commit = upstream.commit({"README.md": "Two\n"})
    await repositories.resolve(repository, commit)
    workspace = await workspaces.acquire(repository, commit)
    # Outside a sandbox nothing is mounted where guests find it.
    objects = workspace.shown.read_only[OBJECTS_INSIDE]
    (workspace.path / ".git/objects/info/alternates").write_text(f"{objects}\n")

    def ask(*words: str) -> str:
        return git(workspace.path, *words, **asked_as_anybody())

    assert ask("status", "--porcelain") == ""
    assert ask("describe") == f"v1.0-1-g{commit[:7]}"
    assert ask("rev-parse", "origin/main") == commit
    (workspace.path / "README.md").write_text("Three\n")
    ask("commit", "--quiet", "--all", "--message", "Mine")
    assert ask("log", "--format=%s").splitlines() == ["Mine", "Change", "Change"]
    assert git(upstream.place, "rev-parse", "main") == commit


async def test_one_who_comes_while_a_commit_is_checked_out_waits_for_it(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces
) -> None:
    commit = upstream.commit({f"f{number}": "x" for number in range(200)})
    await repositories.resolve(repository, commit)

    all_of_them = await asyncio.gather(*(workspaces.acquire(repository, commit) for _ in range(6)))

    assert len({one.path for one in all_of_them}) == 6
    assert all(len(contents(one.path)) == 200 for one in all_of_them)
    cold = [one.warmth for one in all_of_them].count(Warmth.COLD)
    assert cold == (1 if workspaces.layered else 6)
    await asyncio.gather(*(workspaces.release(one) for one in all_of_them))


async def test_a_caller_who_gives_up_leaves_nothing_and_hurts_nobody(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces, tmp_path: Path
) -> None:
    commit = upstream.commit({f"f{number}": "x" for number in range(300)})
    await repositories.resolve(repository, commit)

    for steps in range(8):
        asking = asyncio.create_task(workspaces.acquire(repository, commit))
        for _ in range(steps):
            await asyncio.sleep(0)
        asking.cancel()
        results = await asyncio.gather(asking, return_exceptions=True)
        if isinstance(results[0], Workspace):
            await workspaces.release(results[0])

    after = await workspaces.acquire(repository, commit)
    assert len(contents(after.path)) == 300
    await workspaces.release(after)
    assert list((tmp_path / "workspaces/sessions").iterdir()) == []


async def test_a_commit_that_is_not_here_is_a_problem_and_leaves_no_checkout(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces, tmp_path: Path
) -> None:
    commit = upstream.commit(FILES)
    await repositories.resolve(repository, commit)

    with pytest.raises(CheckoutFailed):
        await workspaces.acquire(repository, "0" * 40)

    assert not list((tmp_path / "workspaces").glob("checkouts/*/*"))
    assert contents((await workspaces.acquire(repository, commit)).path) == expected(FILES)


async def test_only_so_many_checkouts_are_kept(
    upstream: Upstream, repository: Repository, repositories: Repositories, tmp_path: Path
) -> None:
    commits = [upstream.commit({"a": str(number)}) for number in range(5)]
    await repositories.resolve(repository, "main")
    few = Workspaces(tmp_path / "few", repositories, clock=SystemClock(), owner=GUEST, warm=2)
    await few.start()

    held = [await few.acquire(repository, commit) for commit in commits]
    assert len(list((tmp_path / "few").glob("checkouts/*/*"))) == 5
    for one in held:
        await few.release(one)

    assert len(list((tmp_path / "few").glob("checkouts/*/*"))) == 2
    await few.close()


async def test_what_a_worker_that_died_has_left_is_taken_away(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces, tmp_path: Path
) -> None:
    commit = upstream.commit(FILES)
    await repositories.resolve(repository, commit)
    left = await workspaces.acquire(repository, commit)
    (left.path / "secret").write_text("left behind")
    (left.path / "README.md").write_text("changed")
    again = Workspaces(
        tmp_path / "workspaces", repositories, clock=SystemClock(), owner=GUEST, layered=workspaces.layered
    )
    with pytest.raises(WorkspacesInUse):
        await again.start()
    os.close(workspaces._lock)
    workspaces._lock, workspaces._lent = -1, {}

    await again.start()

    assert list((tmp_path / "workspaces/sessions").iterdir()) == []
    assert mounted_beneath(tmp_path) == []
    fresh = await again.acquire(repository, commit)
    assert contents(fresh.path) == expected(FILES)
    assert fresh.warmth is (Warmth.WARM if again.layered else Warmth.COLD)
    await again.close()


async def test_two_repositories_of_one_name_at_different_addresses_are_two(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces, tmp_path: Path
) -> None:
    other = Upstream(tmp_path / "other")
    moved = Repository(repository.name, other.url)
    ours, theirs = upstream.commit({"a": "ours"}), other.commit({"a": "theirs"})
    await repositories.resolve(repository, ours)
    await repositories.resolve(moved, theirs)

    assert (await workspaces.acquire(moved, theirs)).path.joinpath("a").read_text() == "theirs"
    with pytest.raises(CheckoutFailed):
        await workspaces.acquire(moved, ours)
