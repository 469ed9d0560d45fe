"""What the service reads from and writes to a workspace stays in the workspace."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from pilothouse.sandbox import beneath
from pilothouse.sandbox.beneath import open_beneath, read_beneath, walk_beneath, write_beneath
from pilothouse.sandbox.keeper import kernel
from pilothouse.sandbox.problems import FileTooLarge, OutsideWorkspace
from pilothouse.workspaces.removal import remove_tree


@pytest.fixture(params=["openat2", "without openat2"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace beside something that must not be reached, on kernels new and old."""
    if request.param == "without openat2":

        def missing(*_: object, **__: object) -> int:
            raise OSError(38, "not implemented")

        monkeypatch.setattr(kernel, "openat2", missing)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    place = tmp_path / "workspace"
    (place / "sub").mkdir(parents=True)
    (place / "sub" / "file").write_text("inside")
    return place


HOSTILE = [
    "../outside/secret", "/etc/passwd", "sub/../../outside/secret", "link", "up/secret", "absolute", "proc/1/environ",
    "", ".", "sub", "fifo", "absent", "sub/file/x", "a\0b",
]  # fmt: skip


def plant(workspace: Path) -> None:
    (workspace / "link").symlink_to("../outside/secret")
    (workspace / "up").symlink_to("../outside")
    (workspace / "absolute").symlink_to(workspace.parent / "outside" / "secret")
    (workspace / "proc").symlink_to("/proc")
    os.mkfifo(workspace / "fifo")


def test_a_file_inside_is_read(workspace: Path) -> None:
    assert read_beneath(workspace, "sub/file", 100) == b"inside"


@pytest.mark.parametrize("path", HOSTILE)
def test_nothing_outside_and_nothing_but_files_is_opened(workspace: Path, path: str) -> None:
    plant(workspace)

    with pytest.raises(OutsideWorkspace):
        open_beneath(workspace, path)


@pytest.mark.parametrize(
    "path",
    [
        "../outside/new",
        "/nowhere/new",
        "up/new",
        "proc/self/new",
        "sub/../../outside/new",
        "..",
        "",
        "sub/file/x",
    ],
)
def test_nothing_is_written_outside(workspace: Path, path: str) -> None:
    plant(workspace)
    if path == "/nowhere/new":
        write_beneath(workspace, path, b"x")  # an absolute path is one beneath the workspace
        assert (workspace / "nowhere" / "new").read_bytes() == b"x"
    else:
        with pytest.raises(OutsideWorkspace):
            write_beneath(workspace, path, b"x")

    assert sorted(one.name for one in (workspace.parent / "outside").iterdir()) == ["secret"]
    assert not Path("/nowhere/new").exists()


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(workspace: Path) -> None:
    plant(workspace)
    write_beneath(workspace, "link", b"mine")

    assert (workspace / "link").read_bytes() == b"mine"
    assert not (workspace / "link").is_symlink()
    assert (workspace.parent / "outside" / "secret").read_text() == "secret"


def test_a_directory_in_the_place_of_a_file_stays(workspace: Path) -> None:
    with pytest.raises(OutsideWorkspace):
        write_beneath(workspace, "sub", b"x")

    assert (workspace / "sub" / "file").read_text() == "inside"
    assert [path for path, _ in walk_beneath(workspace)] == ["sub/file"]


def test_directories_on_the_way_are_made(workspace: Path) -> None:
    write_beneath(workspace, "a/b/c", b"deep")

    assert (workspace / "a" / "b" / "c").read_bytes() == b"deep"
    assert (workspace / "a" / "b" / "c").stat().st_mode & 0o7777 == 0o644


def test_a_program_that_is_written_anew_stays_one(workspace: Path) -> None:
    (workspace / "sub" / "file").chmod(0o4755)

    write_beneath(workspace, "sub/file", b"anew")

    assert (workspace / "sub" / "file").stat().st_mode & 0o7777 == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_is_written_belongs_to_whom_the_directory_belongs(workspace: Path) -> None:
    os.chown(workspace, 1234, 1235)

    write_beneath(workspace, "a/b", b"theirs")

    owners = {(one.stat().st_uid, one.stat().st_gid) for one in (workspace / "a", workspace / "a" / "b")}
    assert owners == {(1234, 1235)}


def test_a_file_that_is_too_large_is_not_read(workspace: Path) -> None:
    with pytest.raises(FileTooLarge):
        read_beneath(workspace, "sub/file", 5)


def test_walking_follows_no_link_and_finds_every_file(workspace: Path) -> None:
    plant(workspace)
    (workspace / "sub" / "loop").symlink_to("..")
    (workspace / "z").write_text("last")
    (workspace / "aside").mkdir()
    (workspace / "aside" / "not-asked-for").touch()

    found = [path for path, facts in walk_beneath(workspace, but=["aside"]) if stat.S_ISREG(facts.st_mode)]

    assert found == ["z", "sub/file"]


def test_walking_ends_where_paths_are_too_long_for_anybody(workspace: Path) -> None:
    at = os.open(workspace, os.O_RDONLY)
    for _ in range(2_500):
        os.mkdir("d", dir_fd=at)
        below = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)

    assert [path for path, _ in walk_beneath(workspace)] == ["sub/file"]
    remove_tree(workspace)


def test_a_directory_that_is_swapped_for_a_link_all_the_time_never_leads_outside(workspace: Path) -> None:
    (workspace / "outside").mkdir()
    (workspace / "outside" / "secret").write_text("inside")
    over = threading.Event()

    def swap() -> None:
        while not over.is_set():
            (workspace / "outside").rename(workspace / "aside")
            (workspace / "outside").symlink_to("../outside")
            (workspace / "outside").unlink()
            (workspace / "aside").rename(workspace / "outside")

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen = set()
    try:
        for _ in range(3000):
            try:
                seen.add(read_beneath(workspace, "outside/secret", 100))
            except OutsideWorkspace:
                continue
    finally:
        over.set()
        swapping.join()

    assert seen <= {b"inside"}


def test_where_openat2_is_refused_the_path_is_walked(workspace: Path) -> None:
    assert beneath.read_beneath(workspace, "./sub//file", 100) == b"inside"
