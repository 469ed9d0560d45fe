"""The SQL of recordings, annotations and uploads; private to this slice."""

from pilothouse.hub.recordings.repository.annotations import AnnotationRows
from pilothouse.hub.recordings.repository.deleted import DeletedRows
from pilothouse.hub.recordings.repository.facets import FacetRows
from pilothouse.hub.recordings.repository.recordings import ANY, Listed, Located, RecordingRows, Selection
from pilothouse.hub.recordings.repository.searching import Sought
from pilothouse.hub.recordings.repository.uploads import UploadRows

__all__ = [
    "ANY",
    "AnnotationRows",
    "DeletedRows",
    "FacetRows",
    "Listed",
    "Located",
    "RecordingRows",
    "Selection",
    "Sought",
    "UploadRows",
]
