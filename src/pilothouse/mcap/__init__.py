"""The recording format: seal, recover, read and decode MCAP."""

from pilothouse.mcap.decoding.decoding import Decoders
from pilothouse.mcap.model import (
    Captured,
    Channel,
    ChannelSummary,
    Compression,
    Group,
    Message,
    Schema,
    Summary,
    TopicCount,
    Verification,
)
from pilothouse.mcap.problems import (
    BadTimestamp,
    Damaged,
    NothingToRecover,
    RecordingExists,
    RingClosed,
    SpoolInUse,
    StorageFull,
    TooManyChannels,
    TooMuchAtOnce,
    Undecodable,
    UnknownChannel,
)
from pilothouse.mcap.reading.reading import RecordingFile, open_recording
from pilothouse.mcap.reading.verification import verify
from pilothouse.mcap.recovery import recover, recover_spool, remove_leftover
from pilothouse.mcap.ring.ring import Ring, default_latched
from pilothouse.mcap.spool.spool import Spool
from pilothouse.mcap.writing.capture import sha256_of, write_capture
from pilothouse.mcap.writing.keeping import Keep, Priority
from pilothouse.mcap.writing.snapshot import Snapshot

__all__ = [
    "BadTimestamp",
    "Captured",
    "Channel",
    "ChannelSummary",
    "Compression",
    "Damaged",
    "Decoders",
    "Group",
    "Keep",
    "Message",
    "NothingToRecover",
    "Priority",
    "RecordingExists",
    "RecordingFile",
    "Ring",
    "RingClosed",
    "Schema",
    "Snapshot",
    "Spool",
    "SpoolInUse",
    "StorageFull",
    "Summary",
    "TooManyChannels",
    "TooMuchAtOnce",
    "TopicCount",
    "Undecodable",
    "UnknownChannel",
    "Verification",
    "default_latched",
    "open_recording",
    "recover",
    "recover_spool",
    "remove_leftover",
    "sha256_of",
    "verify",
    "write_capture",
]
