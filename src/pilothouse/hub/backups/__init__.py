"""Everything a hub keeps, in one file, taken while it runs; and put back, on either database."""

from pilothouse.hub.backups.backup import Backup, back_up
from pilothouse.hub.backups.manifest import BackupUnreadable, NotEmpty
from pilothouse.hub.backups.restore import restore

__all__ = ["Backup", "BackupUnreadable", "NotEmpty", "back_up", "restore"]
