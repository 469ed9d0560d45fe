"""How much disk the sessions may take: the oldest files go first, those being written never."""

from __future__ import annotations

from pathlib import Path

from pilothouse.guard.loopback.names import parsed
from pilothouse.kit.logs import get_logger

log = get_logger(__name__)


def finished_files(directory: Path) -> list[Path]:
    """Finished session files, oldest first."""
    named = [(parsed(path.name), path) for path in directory.glob("session_*.mcap")]
    return [path for key, path in sorted((key, path) for key, path in named if key is not None)]


def delete_oldest(directory: Path) -> bool:
    """Give up the oldest finished file; False when there is none."""
    for path in finished_files(directory):
        path.unlink(missing_ok=True)
        log.warning("oldest session file deleted", file=path.name)
        return True
    return False


def keep_within(directory: Path, max_total_bytes: int | None) -> None:
    """Delete the oldest files while all together are larger than this."""
    if max_total_bytes is None:
        return
    every = [path for path in directory.glob("session_*") if parsed(path.name) is not None]
    total = sum(map(_size, every))
    for path in finished_files(directory):
        if total <= max_total_bytes:
            return
        total -= _size(path)
        path.unlink(missing_ok=True)
        log.info("oldest session file deleted", file=path.name, reason="max_total_mb")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # somebody tidied up
        return 0
