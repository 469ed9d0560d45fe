"""Make signatures of recordings, and find incidents by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.identity import Caller
from pilothouse.hub.incidents.schemas import Incident
from pilothouse.hub.incidents.service import Incidents
from pilothouse.hub.jobs import Jobs
from pilothouse.hub.playback.domain import numeric_fields
from pilothouse.hub.playback.service.columns import columns_of
from pilothouse.hub.playback.service.images import COMPRESSED, RAW
from pilothouse.hub.recordings.service import Content, Recordings
from pilothouse.hub.recordings.service.storage.landing import in_thread
from pilothouse.hub.recordings.service.storage.watched import CHUNK_LIMIT_BYTES
from pilothouse.hub.similarity.domain import (
    AFTER_NS,
    BEFORE_NS,
    FAINT,
    Signature,
    as_text,
    bands_of,
    best_in_common,
    from_text,
    score,
    signature_of,
    words,
)
from pilothouse.hub.similarity.repository import SignatureRows
from pilothouse.hub.similarity.schemas import SimilarIncident, SimilarIncidents
from pilothouse.kit.clock import Clock, at, to_ns
from pilothouse.kit.errors import NotFound, Problem, Unavailable
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Decoders, open_recording
from pilothouse.mcap.model import Message
from pilothouse.triggers.field_path import FieldPath
from pilothouse.wire import Recording

SIGNATURE_JOB = "recordings.signature"
# Of an incident's recordings: the latest are enough to know it by.
COMPARED = 8
# Incidents of the same rule or label that are looked at, beside those the signals find.
MOST_NAMESAKES = 40
# A signature is a few words about a few seconds: what is beyond this is left out of it.
MOST_MESSAGES = 50_000
MOST_FIELDS = 64
LARGEST_MESSAGE = 64 << 10

log = get_logger(__name__)


class Similarity:
    """Which incidents are alike."""

    def __init__(
        self, database: Database, jobs: Jobs, clock: Clock, *, recordings: Recordings, incidents: Incidents
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._clock = clock
        self._recordings = recordings
        self._incidents = incidents

    async def indexed(self, session: AsyncSession, session_id: str) -> None:
        """A recording was indexed, in this transaction: its signature comes next."""
        await SignatureRows(session).ask(session_id)
        self._jobs.hint(session, SIGNATURE_JOB, session_id)

    async def sign(self, session_id: str) -> None:
        """Read the seconds around the trigger and keep what the signals did; twice is once."""
        signature: Signature | None = None
        recorded_ns = 0
        try:
            async with self._database.reading() as session:
                recording = await self._recordings.get(session, session_id, only_robot=None)
                content = await self._recordings.content_of(session, session_id, only_robot=None)
        except NotFound:
            pass  # deleted meanwhile: there is nothing to be like
        else:
            recorded_ns = to_ns(recording.ended_at) if recording.ended_at else 0
            signature = await in_thread(lambda: read_signature(content, recording))
        text, bands = (as_text(signature), bands_of(signature)) if signature else (None, [])
        async with self._database.transaction() as session:
            await SignatureRows(session).keep(session_id, text, bands, recorded_ns, at(self._clock.now_ns()))

    async def similar_to(self, session: AsyncSession, caller: Caller, incident_id: str, limit: int) -> SimilarIncidents:
        """The incidents most like one; raises UnknownIncident."""
        incident = await self._incidents.get(session, caller, incident_id)
        rows = SignatureRows(session)
        ours = [from_text(text) for text in (await rows.signatures(incident.session_ids[:COMPARED])).values()]
        found = await rows.sharing({band for one in ours for band in bands_of(one)})
        found_in = await self._incidents.incident_by_recording(session, found)
        namesakes = await self._incidents.namesakes(session, incident.rule, incident.label, MOST_NAMESAKES)
        candidates = ({one.id for one in namesakes} | set(found_in.values())) - {incident.id}
        recordings = await self._incidents.recordings_by_incident(session, candidates, COMPARED)
        theirs = await self._signatures(session, found_in, recordings)
        others = await self._incidents.named(session, candidates)
        alike = sorted(_compared(incident, others, ours, theirs), key=lambda one: (-one.score, one.incident.id))
        return SimilarIncidents(items=[one for one in alike if one.score >= FAINT][:limit])

    async def _signatures(
        self, session: AsyncSession, found_in: dict[str, str], recordings: dict[str, list[str]]
    ) -> dict[str, list[Signature]]:
        incident_of = {one: incident_id for incident_id, ids in recordings.items() for one in ids} | found_in
        signatures: dict[str, list[Signature]] = defaultdict(list)
        for session_id, text in (await SignatureRows(session).signatures(incident_of)).items():
            signatures[incident_of[session_id]].append(from_text(text))
        return signatures


def _compared(
    incident: Incident, others: Iterable[Incident], ours: list[Signature], theirs: dict[str, list[Signature]]
) -> Iterable[SimilarIncident]:
    for other in others:
        same_rule = other.rule == incident.rule
        same_label = bool(other.label) and other.label == incident.label
        signals = best_in_common(ours, theirs.get(other.id, []))
        total = score(same_rule=same_rule, same_label=same_label, signals=signals)
        yield SimilarIncident(incident=other, score=total, same_rule=same_rule, same_label=same_label, signals=signals)


def read_signature(content: Content, recording: Recording) -> Signature | None:
    """The signature of what a recording holds around its trigger, else at its end; for a thread. Raises Unavailable."""
    center_ns = _center_ns(recording)
    if center_ns is None:
        return None
    try:
        with content.open() as file, open_recording(file, chunk_limit_bytes=CHUNK_LIMIT_BYTES) as opened:
            images = COMPRESSED | RAW
            topics = [one.topic for one in opened.summary().channels if one.schema_name not in images]
            messages = opened.messages(topics=topics, start_ns=center_ns - BEFORE_NS, end_ns=center_ns + AFTER_NS)
            return signature_of(sorted(_words_of(_by_topic(messages), center_ns)))
    except Unavailable:
        raise  # not the file's fault: the job comes back
    except (Problem, FileNotFoundError):
        return None
    except Exception:  # a file is input from outside: whatever it does to a reader, it is the file's fault
        log.exception("a recording broke its reader", file=content.name)
        return None


def _center_ns(recording: Recording) -> int | None:
    if recording.started_at is None or recording.ended_at is None:
        return None
    ended_ns = to_ns(recording.ended_at)
    if recording.trigger is not None and to_ns(recording.started_at) <= recording.trigger.fired_at_ns <= ended_ns:
        return recording.trigger.fired_at_ns
    return max(0, ended_ns - AFTER_NS)


def _by_topic(messages: Iterable[Message]) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = defaultdict(list)
    for number, message in enumerate(messages):
        if number >= MOST_MESSAGES:
            break
        if len(message.content) <= LARGEST_MESSAGE:
            found[message.channel.topic].append(message)
    return found


def _words_of(topics: dict[str, list[Message]], center_ns: int) -> Collection[str]:
    decoders, said = Decoders(), set[str]()
    for topic, messages in topics.items():
        try:
            fields = numeric_fields(decoders.decode(messages[0].channel, messages[0].content))[:MOST_FIELDS]
        except Problem:
            continue
        paths = {field: FieldPath(field) for field in fields if _is_path(field)}
        for field, column in columns_of(messages, paths).items():
            said.update(words(f"{topic}.{field}", column.times_ns, column.values, center_ns))
    return said


def _is_path(field: str) -> bool:
    try:
        FieldPath(field)
    except ValueError:
        return False
    return True
