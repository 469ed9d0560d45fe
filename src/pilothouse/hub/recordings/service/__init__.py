"""What can be done with recordings, one class for each use."""

from pilothouse.hub.recordings.repository import Selection
from pilothouse.hub.recordings.service.annotations import Annotations, version_tag
from pilothouse.hub.recordings.service.announcements import Announcements
from pilothouse.hub.recordings.service.arrivals import INDEX_JOB, Arrivals
from pilothouse.hub.recordings.service.digests import Digests
from pilothouse.hub.recordings.service.everything import RecordingServices, build_services
from pilothouse.hub.recordings.service.files import SessionFiles
from pilothouse.hub.recordings.service.indexing import Indexing
from pilothouse.hub.recordings.service.intake import Intake
from pilothouse.hub.recordings.service.keeping import DELETE_JOB, Keeping
from pilothouse.hub.recordings.service.partial import Partials
from pilothouse.hub.recordings.service.recordings import Content, Recordings, count_by_robot
from pilothouse.hub.recordings.service.retention import Retention
from pilothouse.hub.recordings.service.store import LocalSessions, SessionStore
from pilothouse.hub.recordings.service.uploads import Progress, Uploads
from pilothouse.hub.recordings.service.watch import Watch

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
