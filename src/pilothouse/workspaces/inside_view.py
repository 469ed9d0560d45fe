"""Shows guests the programs of Pilothouse that run inside: with our Python and libraries, read-only."""

from __future__ import annotations

import sys
import sysconfig
from functools import cache
from pathlib import Path

from pilothouse.workspaces.model import Shown

HOME = "/opt/pilothouse"
INSIDE = Path(__file__).parent / "inside"
# The sandbox shows the system's own directories anyway.
_SYSTEM = (Path("/usr"), Path("/usr/local"))


@cache
def programs_shown(*, mounts: bool = True) -> Shown:
    """`pilothouse-replay` and what it needs. Without ``mounts`` it is found where it is on this machine."""
    if not mounts:
        return Shown(variables={"PILOTHOUSE_PYTHON": sys.executable}, path=(str(INSIDE / "bin"),))
    shown = {f"{HOME}/inside": INSIDE}
    prefix = Path(sys.base_prefix)
    if prefix not in _SYSTEM:
        shown[f"{HOME}/python"] = prefix
    for number, directory in enumerate(_libraries()):
        shown[f"{HOME}/lib/{number}"] = directory
    return Shown(read_only=shown, path=(f"{HOME}/inside/bin",))


def _libraries() -> list[Path]:
    """Where pilothouse itself is, and what it needs: one directory in an ordinary installation, more in a checkout."""
    installed = [Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")]
    own = Path(__file__).parents[2]
    return list(dict.fromkeys(path.resolve() for path in (own, *installed) if path.is_dir()))
