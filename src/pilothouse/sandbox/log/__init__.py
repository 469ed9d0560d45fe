"""The output of one command: append-only, addressed by offset, readable while it grows and after a crash."""

from pilothouse.sandbox.log.model import Frame, Line, Lines, LogCaps, LogStatus, Stream
from pilothouse.sandbox.log.output import OutputLog

__all__ = ["Frame", "Line", "Lines", "LogCaps", "LogStatus", "OutputLog", "Stream"]
