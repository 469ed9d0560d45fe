"""The files of the built web UI, known by name from the start: no path of a request ever reaches the disk."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

BUILT = Path(__file__).parent / "static"
# Best first; the build writes them beside each file that is worth it.
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent."""

    path: Path
    media_type: str
    encoding: str | None


@dataclass(frozen=True)
class Site:
    """What `make ui` built, or nothing."""

    directory: Path = BUILT

    @cached_property
    def page(self) -> str | None:
        """The one document of the UI; None where it was not built."""
        try:
            return (self.directory / "index.html").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    @cached_property
    def _files(self) -> dict[str, Path]:
        return {one.relative_to(self.directory).as_posix(): one for one in self.directory.rglob("*") if one.is_file()}

    def file(self, name: str, accepts: str) -> File | None:
        """The file of that name, compressed when the ``Accept-Encoding`` allows it; None when there is none."""
        plain = self._files.get(name)
        if plain is None:
            return None
        media_type = _TYPES.get(plain.suffix) or mimetypes.guess_type(plain.name)[0] or "application/octet-stream"
        accepted = _accepted(accepts)
        for encoding, suffix in _ENCODINGS:
            compressed = self._files.get(name + suffix)
            if compressed is not None and encoding in accepted:
                return File(compressed, media_type, encoding)
        return File(plain, media_type, None)


def _accepted(header: str) -> set[str]:
    offers = (offer.split(";") for offer in header.lower().split(","))
    return {name.strip() for name, *rest in offers if not any(one.replace(" ", "") in ("q=0", "q=0.0") for one in rest)}
