"""Overlay file systems: a shared checkout below, what one session writes above. Linux only, and only as root."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache
from pathlib import Path

from pilothouse.sandbox.keeper import kernel
from pilothouse.workspaces.removal import remove_tree

_MS_NOSUID, _MS_NODEV = 2, 4
_MS_REC, _MS_SLAVE = 1 << 14, 1 << 19
_CLONE_NEWNS = 0x0002_0000
_MNT_DETACH, _UMOUNT_NOFOLLOW = 2, 8
# From the best to what every kernel with overlays has. `volatile` writes nothing back to disk when it is unmounted:
# what is above is thrown away. Without `redirect_dir` a guest cannot rename a directory of the repository.
_OPTIONS = (
    "redirect_dir=on,metacopy=off,index=off,xino=off,volatile",
    "redirect_dir=on,metacopy=off,index=off",
    "metacopy=off",
)
_SEPARATORS = frozenset(",:\\")


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


_ours = False


def keep_mounts_to_ourselves() -> None:
    """Give this process mounts of its own, so that none is left on the machine however the process ends.

    To be called before it has threads; nothing happens where that is not allowed, and then overlays are not used.
    """
    global _ours
    if sys.platform == "linux" and os.geteuid() == 0 and not _ours and _libc().unshare(_CLONE_NEWNS) == 0:
        _ours = _libc().mount(b"none", b"/", None, _MS_REC | _MS_SLAVE, None) == 0


def has_mounts_of_its_own() -> bool:
    return _ours


class Overlays:
    """What this machine can do with overlays in one directory."""

    def __init__(self, options: str) -> None:
        self._options = options

    def mount_for(self, namespace: int, lower: Path, session: Path, target: Path) -> None:
        """The same with ``upper`` and ``work`` of a directory; what is seen belongs to whom the namespace says."""
        trees: list[int] = []
        try:
            for layer in (lower, session):
                trees.append(kernel.clone_mount(str(layer)))
                kernel.set_mount(trees[-1], read_only=False, userns=namespace)
            below, own = (Path(f"/proc/self/fd/{tree}") for tree in trees)
            self.mount(below, own / "upper", own / "work", target)
        finally:
            for tree in trees:
                os.close(tree)

    def mount(self, lower: Path, upper: Path, work: Path, target: Path) -> None:
        """Show ``lower`` at ``target`` and keep changes in ``upper``; set-uid bits and devices mean nothing there."""
        options = f"lowerdir={lower},upperdir={upper},workdir={work},{self._options}"
        arguments = (b"overlay", os.fsencode(target), b"overlay", _MS_NOSUID | _MS_NODEV, os.fsencode(options))
        if _libc().mount(*arguments) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(target))


def unmount(target: Path) -> None:
    """Take a mount away; whoever still has something open there keeps it until they close it."""
    if _libc().umount2(os.fsencode(target), _MNT_DETACH | _UMOUNT_NOFOLLOW) != 0:
        number = ctypes.get_errno()
        if number not in (errno.EINVAL, errno.ENOENT):  # nothing is mounted there
            raise OSError(number, os.strerror(number), str(target))


def probe(directory: Path) -> Overlays | None:
    """Try it in a directory; None where this machine does not let us."""
    if sys.platform != "linux" or os.geteuid() != 0 or _SEPARATORS & set(str(directory)):
        return None
    place = directory / f"probe-{os.getpid()}"
    lower, upper, work, target = (place / name for name in ("lower", "upper", "work", "target"))
    for options in _OPTIONS:
        remove_tree(place)
        for each in (lower, upper, work, target):
            each.mkdir(parents=True)
        (lower / "below").mkdir()
        try:
            overlays = Overlays(options)
            overlays.mount(lower, upper, work, target)
            try:
                (target / "below").rename(target / "moved")
                works = (target / "moved").is_dir() and not (lower / "moved").exists()
            except OSError:
                works = options == _OPTIONS[-1]  # a rename is not everything
            finally:
                unmount(target)
            if works:
                return overlays
        except OSError:
            continue
        finally:
            remove_tree(place)
    return None


def mounted_beneath(directory: Path) -> list[Path]:
    """What is mounted beneath a directory, the innermost first."""
    table = Path("/proc/self/mountinfo")
    if not table.exists():
        return []
    lines = table.read_bytes().splitlines()
    targets = [Path(os.fsdecode(_plain(line.split(b" ")[4]))) for line in lines]
    return sorted((one for one in targets if one.is_relative_to(directory)), key=lambda one: -len(one.parts))


def _plain(written: bytes) -> bytes:
    for code, letter in ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n"), (b"\\134", b"\\")):
        written = written.replace(code, letter)
    return written
