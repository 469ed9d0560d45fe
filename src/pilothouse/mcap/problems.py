"""What can be wrong with a recording, a ring or the disk under them."""

from __future__ import annotations

from pilothouse.kit.errors import Conflict, Invalid, Unavailable


class Damaged(Invalid):
    """{source} cannot be read: {reason}. {advice}"""


class TooMuchAtOnce(Invalid):
    """{source} cannot be read with {limit} bytes of memory: {reason}."""


class NothingToRecover(Invalid):
    """{source} holds no message that could be recovered: {reason}."""


class Undecodable(Invalid):
    """A message on {topic} cannot be decoded: {reason}."""


class StorageFull(Unavailable):
    """There is no room left for {path}; free some space on that disk and try again."""


class RecordingExists(Conflict):
    """{path} exists already and is never overwritten; choose another name."""


class SpoolInUse(Conflict):
    """The spool {path} belongs to a recorder that is still running."""


class UnknownChannel(Invalid):
    """The ring has no channel {channel_id}; add_channel gives the number to use."""


class TooManyChannels(Invalid):
    """A recording can have 65535 channels and schemas; this ring has used them all."""


class BadTimestamp(Invalid):
    """A message on {topic} has the log time {log_time_ns}; times are nanoseconds from 0 to 2^64-1."""


class RingClosed(Conflict):
    """The ring is closed and takes no more messages."""


class Broken(Exception):
    """Inside this package: bytes that are not what the format says; the reader adds the file's name and advice."""
