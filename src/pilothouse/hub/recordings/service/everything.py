"""The services of this slice, built together: they share the directories and the locks in them."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.hub.db import Database
from pilothouse.hub.events import Events
from pilothouse.hub.fleet import Robots
from pilothouse.hub.jobs import Jobs
from pilothouse.hub.recordings.service.catalogue.annotations import Annotations
from pilothouse.hub.recordings.service.catalogue.links import NO_LINKS, IncidentLinks
from pilothouse.hub.recordings.service.catalogue.recordings import Recordings
from pilothouse.hub.recordings.service.catalogue.sharing import Sharing, Viewers, link_key
from pilothouse.hub.recordings.service.indexing.indexing import Indexing
from pilothouse.hub.recordings.service.indexing.watch import Watch
from pilothouse.hub.recordings.service.ingest.announcements import Announcements
from pilothouse.hub.recordings.service.ingest.arrivals import Arrivals
from pilothouse.hub.recordings.service.ingest.intake import Intake
from pilothouse.hub.recordings.service.ingest.uploads import Uploads
from pilothouse.hub.recordings.service.retention.keeping import Keeping
from pilothouse.hub.recordings.service.retention.retention import Retention, RetentionLimits
from pilothouse.hub.recordings.service.storage.bucket import BucketSessions
from pilothouse.hub.recordings.service.storage.digests import Digests
from pilothouse.hub.recordings.service.storage.files import SessionFiles
from pilothouse.hub.recordings.service.storage.partial import Partials
from pilothouse.hub.recordings.service.storage.store import LocalSessions, SessionStore
from pilothouse.hub.settings import HubSettings
from pilothouse.hub.storage import Storage
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import BadConfiguration


@dataclass(frozen=True, slots=True)
class RecordingServices:
    """One of each."""

    recordings: Recordings
    announcements: Announcements
    annotations: Annotations
    keeping: Keeping
    sharing: Sharing
    uploads: Uploads
    retention: Retention
    indexing: Indexing
    intake: Intake
    digests: Digests
    watch: Watch


def build_services(
    settings: HubSettings,
    database: Database,
    events: Events,
    jobs: Jobs,
    clock: Clock,
    *,
    storage: Storage,
    robots: Robots,
    links: IncidentLinks = NO_LINKS,
    files: SessionFiles | None = None,
    partials: Partials | None = None,
) -> RecordingServices:
    """Build all of them on the data directory of the hub."""
    digests = Digests()
    files = files or SessionFiles(settings.data / "sessions", digests)
    partials = partials or Partials(settings.data / "uploads", digests)
    try:
        if settings.storage_url is None:
            files.prepare()
        partials.prepare()
    except OSError as error:
        raise BadConfiguration(problem=f"cannot use {error.filename}: {error.strerror}; check --data") from None
    store = _store(settings, storage, digests, clock, files, partials)
    arrivals = Arrivals(events, jobs, clock)
    indexing = Indexing(database, store, events, robots, clock)
    retention = Retention(database, store, arrivals, clock, limits=_limits(settings), links=links)
    uploads = Uploads(database, store, partials, arrivals, clock)
    recordings = Recordings(store, cap_mb=settings.max_disk_mb, robots=robots, links=links)
    return RecordingServices(
        recordings=recordings,
        announcements=Announcements(database, events, robots, recordings, clock),
        annotations=Annotations(events, clock),
        keeping=Keeping(database, store, events, jobs, recordings, clock),
        sharing=_sharing(settings, recordings, clock),
        uploads=uploads,
        retention=retention,
        indexing=indexing,
        intake=Intake(database, store, partials, arrivals),
        digests=digests,
        watch=Watch(database, store, arrivals, indexing, retention, uploads, clock),
    )


def _limits(settings: HubSettings) -> RetentionLimits:
    return RetentionLimits(
        cap_mb=settings.max_disk_mb, robot_cap_mb=settings.max_robot_disk_mb, keep_days=settings.keep_days
    )


def _sharing(settings: HubSettings, recordings: Recordings, clock: Clock) -> Sharing:
    key = settings.link_key.get_secret_value().encode() if settings.link_key else link_key(settings.data)
    viewers = Viewers(lichtblick=settings.lichtblick_url, foxglove=settings.foxglove_url)
    return Sharing(recordings, clock, key=key, viewers=viewers)


def _store(
    settings: HubSettings, storage: Storage, digests: Digests, clock: Clock, files: SessionFiles, partials: Partials
) -> SessionStore:
    return LocalSessions(files, partials) if settings.storage_url is None else BucketSessions(storage, digests, clock)
