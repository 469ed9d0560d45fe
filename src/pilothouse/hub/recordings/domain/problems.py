"""What can be wrong with a request for a recording, as facts."""

from __future__ import annotations

from pilothouse.kit.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge, Unavailable


class UnknownRecording(NotFound):
    """No recording with this id is known here."""


class RecordingFileMissing(NotFound):
    """The file of this recording is no longer there."""


class RecordingNotArrived(NotFound):
    """The robot has told of this recording, but its bytes have not arrived yet; they come as soon as it can send."""


class RecordingDeleted(Conflict):
    """The recording {session_id} was here and was deleted; only its bytes bring it back."""


class RecordingPinned(Conflict):
    """The recording {session_id} is pinned; unpin it first."""


class LinkWrong(Forbidden):
    """This link was not made by this hub for this recording; ask for a new one."""


class LinkExpired(Forbidden):
    """This link has expired; ask whoever gave it to you for a new one."""


class UnknownAnnotation(NotFound):
    """No annotation with this id is known here."""


class AnnotationChanged(Conflict):
    """The annotation was changed since you read it; read it again before you write."""


class SpanBackwards(Invalid):
    """The end of the annotation would lie before its start; send time_ns and end_time_ns together."""


class UnknownUpload(NotFound):
    """No upload with this id is under way; create it again."""


class ContentDiffers(Conflict):
    """A recording or an upload with this session_id exists, and its content is another."""


class OffsetMismatch(Conflict):
    """The upload stands at byte {offset}; continue there."""


class BadUpload(Invalid):
    """{problem}"""


class UploadTooLarge(TooLarge):
    """An upload may have at most {limit} bytes."""


class BytesBeyondLength(TooLarge):
    """The upload was announced with {length} bytes; bytes beyond that are refused."""


class StorageFull(Unavailable):
    """The disk of the hub is full; nothing that was acknowledged is lost."""


class HubEnding(Unavailable):
    """The hub is ending; nothing that was acknowledged is lost. Try again in a moment."""


class UploadLocked(Conflict):
    """Another request writes this upload at the moment; try again."""


class UnsupportedTusVersion(Invalid):
    """Send Tus-Resumable: 1.0.0; this server speaks no other version of tus."""


class NotAnOffsetStream(Invalid):
    """Send the bytes as Content-Type: application/offset+octet-stream."""


class ChunkChecksumMismatch(Invalid):
    """The bytes do not have the checksum sent in Upload-Checksum; send them again."""


class ContentChecksumMismatch(Invalid):
    """The bytes received do not have the announced sha256; they were discarded, send the file again from the start."""


class DirectUploadMissing(NotFound):
    """Nothing has arrived at the address that was given for this upload; put the file there, or send it here."""


class SenderGone(Invalid):
    """The bytes stopped before the announced end; ask with HEAD where to continue."""
