"""What a backup says about itself, and what may be wrong with one."""

from __future__ import annotations

from pydantic import BaseModel, Field

from pilothouse.kit.errors import Conflict, Invalid

FORMAT = 1
MANIFEST = "manifest.json"
TABLES = "tables/"
FILES = "files/"


class BackupUnreadable(Invalid):
    """{path} is no whole backup: {reason}. Nothing was changed; use another one."""


class BackupNewer(Invalid):
    """{path} is of another version, {software} (revision {revision}): restore it with that version or a newer one.
    Nothing was changed."""


class FileShrank(Conflict):
    """{name} became shorter while it was being copied; nothing was written, make the backup again."""


class NotEmpty(Conflict):
    """{where} holds something already; restore into an empty directory and an empty database."""


class Table(BaseModel):
    """One table: which columns its lines hold, how many there are, and the last number it gave out."""

    name: str
    columns: list[str]
    row_count: int
    last_number: int | None = None


class Manifest(BaseModel):
    """The last part of a backup: without it the backup was cut off."""

    format: int = FORMAT
    software: str
    revision: str
    made_at: str
    has_recordings: bool
    tables: list[Table] = Field(default_factory=list)
    sha256: dict[str, str] = Field(default_factory=dict, description="Of every part, by its name")
    missing: list[str] = Field(default_factory=list, description="Files that went while they were being copied")
