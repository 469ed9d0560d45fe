"""Programs of the machine that a sandbox does not show by itself: conda, uv, a compiler somewhere else than in /usr."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pilothouse.kit.logs import get_logger
from pilothouse.workspaces.model import Shown

# Where programs are in any sandbox.
USUAL_PATH = "/usr/local/bin:/usr/bin:/bin"
# What a sandbox has of its own stays its own.
_ITS_OWN = ("/bin", "/dev", "/etc", "/home/pilot", "/lib", "/lib64", "/proc", "/recordings", "/run", "/sbin", "/sys",
            "/tmp", "/usr", "/workspace", "/opt/pilothouse", "/var/tmp")  # fmt: skip  # noqa: S108 - those inside

log = get_logger(__name__)


def may_be_shown(directory: Path) -> bool:
    """Whether a directory can appear in a sandbox where it is here."""
    if not directory.is_absolute() or ".." in directory.parts or directory == Path("/"):
        return False
    own = [Path(one) for one in _ITS_OWN]
    return not any(directory.is_relative_to(one) or one.is_relative_to(directory) for one in own)


def tools_shown(directories: Iterable[Path], *, mounts: bool) -> Shown:
    """Each at its own place, since programs that were installed know where they are; those that are not here are left
    out. Programs are in ``bin`` where there is one. Without ``mounts`` a guest sees them anyway."""
    there = []
    for directory in directories:
        if directory.is_dir():
            there.append(directory)
        else:
            log.warning("tools for debug sessions are not on this machine", directory=str(directory))
    return Shown(
        read_only={str(one): one for one in there} if mounts else {},
        path=tuple(str(one / "bin" if (one / "bin").is_dir() else one) for one in there),
    )
