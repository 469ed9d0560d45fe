"""What people do with recordings: look for them, keep them, share them, take parts of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pilothouse.client.answers import OpenLinks, SignedLink
from pilothouse.client.connection import Connection
from pilothouse.client.pace import Progress
from pilothouse.kit.addresses import part_of
from pilothouse.wire import Recording, RecordingList

__all__ = ["Archive", "OpenLinks", "SignedLink"]


class Archive:
    """The recordings of a hub."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def search(
        self, *, text: str | None = None, robot_id: str | None = None, site: str | None = None,
        label: str | None = None, trigger: str | None = None, topic: str | None = None,
        since: datetime | None = None, until: datetime | None = None, annotated: bool | None = None,
        pinned: bool | None = None, incident: str | None = None, sort: str = "recorded", order: str = "desc",
        limit: int = 50, cursor: str | None = None,
    ) -> RecordingList:  # fmt: skip
        """A page of the recordings that fit; ``next_cursor`` of the answer leads to the next. Times need a zone."""
        asked: dict[str, Any] = {
            "q": text, "robot_id": robot_id, "site": site, "label": label, "trigger": trigger, "topic": topic,
            "since": since and since.isoformat(), "until": until and until.isoformat(), "annotated": annotated,
            "pinned": pinned, "incident": incident, "sort": sort, "order": order, "limit": limit, "cursor": cursor,
        }  # fmt: skip
        given = {key: str(value).lower() if isinstance(value, bool) else value for key, value in asked.items()}
        return self._connection.read(RecordingList, self._connection.request("GET", "/api/sessions", params=given))

    def pin(self, session_id: str, reason: str) -> Recording:
        """Let nothing and nobody delete it."""
        response = self._connection.request("PUT", f"{_kept(session_id)}/pin", fields={"reason": reason})
        return self._connection.read(Recording, response)

    def unpin(self, session_id: str) -> None:
        """Let it go like any other again."""
        self._connection.request("DELETE", f"{_kept(session_id)}/pin")

    def delete(self, session_id: str, reason: str = "") -> None:
        """Delete it, and its file soon after; raises a Conflict when it is pinned."""
        self._connection.request("DELETE", _kept(session_id), params={"reason": reason})

    def link(self, session_id: str, *, expires_in_s: int = 3_600) -> SignedLink:
        """An address anybody may read it at until it expires."""
        response = self._connection.request("POST", f"{_kept(session_id)}/links", fields={"expires_in_s": expires_in_s})
        return self._connection.read(SignedLink, response)

    def cut(
        self, session_id: str, path: Path, *, topics: Sequence[str] = (), start_s: float | None = None,
        end_s: float | None = None, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        """Write a part of a recording to ``path``, which appears only when it is complete. Times are from its start."""
        asked: Mapping[str, Any] = {"topics": ",".join(topics) or None, "start": start_s, "end": end_s}
        address = f"/api/sessions/{part_of(session_id)}/cut"
        self._connection.fetch(address, path, params=asked, progress=progress)


def _kept(session_id: str) -> str:
    return f"/api/v1/recordings/{part_of(session_id)}"
