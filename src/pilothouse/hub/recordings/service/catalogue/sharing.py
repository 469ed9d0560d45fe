"""Links to the bytes of one recording, for viewers that cannot sign in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.recordings.domain import signing
from pilothouse.hub.recordings.schemas import OpenLinks, SignedLink
from pilothouse.hub.recordings.service.catalogue.recordings import Content, Recordings
from pilothouse.kit.clock import NS_PER_S, Clock, at
from pilothouse.kit.kept_secret import kept_secret
from pilothouse.wire import Recording

KEY_FILE = "link.key"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Viewers:
    """Where the pages are that open a recording by its address."""

    lichtblick: str
    foxglove: str


class Sharing:
    """A link is good for one recording until it expires; whoever has it needs nothing else."""

    def __init__(self, recordings: Recordings, clock: Clock, *, key: bytes, viewers: Viewers) -> None:
        self._recordings = recordings
        self._clock = clock
        self._key = key
        self._viewers = viewers

    async def share(
        self, session: AsyncSession, session_id: str, *, expires_in_s: int, base_url: str, only_robot: str | None
    ) -> SignedLink:
        """Raises UnknownRecording."""
        recording = await self._recordings.get(session, session_id, only_robot=only_robot)
        expires_s = self._clock.now_ns() // NS_PER_S + expires_in_s
        token = signing.sign(self._key, session_id, expires_s)
        url = f"{base_url.rstrip('/')}/api/links/{token}/{quote(session_id)}.mcap"
        expires_at = at(0) + timedelta(seconds=expires_s)
        record(session, "recording.shared", session_id, after={"expires_at": expires_at.isoformat()})
        time = _moment(recording)
        opening = OpenLinks(
            lichtblick=signing.lichtblick(self._viewers.lichtblick, url, time),
            foxglove=signing.foxglove(self._viewers.foxglove, url, time),
        )
        return SignedLink(url=url, expires_at=expires_at, open=opening)

    def check(self, token: str, session_id: str) -> None:
        """Raises LinkWrong, LinkExpired."""
        signing.check(self._key, token, session_id, self._clock.now_ns() / NS_PER_S)

    async def content(self, session: AsyncSession, session_id: str) -> Content:
        """The bytes, to whoever came with a link that was checked."""
        return await self._recordings.content_of(session, session_id, only_robot=None)


def link_key(directory: Path) -> bytes:
    """The key that is kept in the data directory; made when there is none."""
    return kept_secret(directory / KEY_FILE, lambda: secrets.token_hex(_KEY_BYTES)).encode()


def _moment(recording: Recording) -> str | None:
    """Where somebody wants to look first: at the trigger."""
    fired = None if recording.trigger is None else at(recording.trigger.fired_at_ns)
    moment = fired or recording.started_at
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
