"""The recording format: seal, recover, read and decode MCAP."""

from pilothouse.mcap.capture import sha256_of, write_capture
from pilothouse.mcap.decoding import Decoders
from pilothouse.mcap.keeping import Keep, Priority
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
    Undecodable,
    UnknownChannel,
)
from pilothouse.mcap.reading import RecordingFile, open_recording
from pilothouse.mcap.recovery import recover, recover_spool, remove_leftover
from pilothouse.mcap.ring import Ring, default_latched
from pilothouse.mcap.snapshot import Snapshot
from pilothouse.mcap.spool import Spool
from pilothouse.mcap.verification import verify

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
