"""What can be done with recordings, one class for each use.

``storage`` has the bytes; on it stand, from the bottom up, ``catalogue`` (what is read and written about recordings),
``ingest`` (how they come in), ``retention`` (how long they stay) and ``indexing`` (what they hold); ``everything``
builds them all.
"""

from pilothouse.hub.recordings.repository import Selection
from pilothouse.hub.recordings.service.catalogue.annotations import Annotations, version_tag
from pilothouse.hub.recordings.service.catalogue.recordings import Content, Recordings, count_by_robot
from pilothouse.hub.recordings.service.everything import RecordingServices, build_services
from pilothouse.hub.recordings.service.indexing.indexing import Indexing
from pilothouse.hub.recordings.service.indexing.watch import Watch
from pilothouse.hub.recordings.service.ingest.announcements import Announcements
from pilothouse.hub.recordings.service.ingest.arrivals import INDEX_JOB, Arrivals
from pilothouse.hub.recordings.service.ingest.intake import Intake
from pilothouse.hub.recordings.service.ingest.uploads import Progress, Uploads
from pilothouse.hub.recordings.service.retention.keeping import DELETE_JOB, Keeping
from pilothouse.hub.recordings.service.retention.retention import Retention
from pilothouse.hub.recordings.service.storage.digests import Digests
from pilothouse.hub.recordings.service.storage.files import SessionFiles
from pilothouse.hub.recordings.service.storage.partial import Partials
from pilothouse.hub.recordings.service.storage.store import LocalSessions, SessionStore

__all__ = [
    "DELETE_JOB",
    "INDEX_JOB",
    "Annotations",
    "Announcements",
    "Arrivals",
    "Content",
    "Digests",
    "Indexing",
    "Intake",
    "Keeping",
    "LocalSessions",
    "Partials",
    "Progress",
    "RecordingServices",
    "Recordings",
    "Retention",
    "Selection",
    "SessionFiles",
    "SessionStore",
    "Uploads",
    "Watch",
    "build_services",
    "count_by_robot",
    "version_tag",
]
