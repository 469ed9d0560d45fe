"""The SQL of recordings, annotations and uploads; private to this slice."""

from pilothouse.hub.recordings.repository.annotations import AnnotationRows
from pilothouse.hub.recordings.repository.deleted import DeletedRows
from pilothouse.hub.recordings.repository.recordings import Listed, Located, RecordingRows, Selection
from pilothouse.hub.recordings.repository.uploads import UploadRows

__all__ = ["AnnotationRows", "DeletedRows", "Listed", "Located", "RecordingRows", "Selection", "UploadRows"]
