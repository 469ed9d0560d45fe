"""Follow one recording through the chain, and prove every link of it from outside."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2

from pilothouse.kit.clock import at
from pilothouse.kit.errors import Unavailable
from pilothouse.mcap import sha256_of, verify

POLL_S = 0.15
RANGE_BYTES = 65_536
# The very first cycle may be rejected for want of an observation; what the policy asks for comes after that.
ENOUGH_REJECTED = 3
# From the guard over the recorder's outbox to the hub.
ARRIVE_WITHIN_S = 20.0
ANNOTATION = "Passed 9 m/s here; wind or intent?"


class BrokenLink(Unavailable):
    """The chain broke at "{link}": {reason}"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the recording has come."""

    health: dict[str, Any]
    guard: dict[str, Any]
    capture: dict[str, Any] | None = None
    recording: dict[str, Any] | None = None

    @property
    def complete(self) -> bool:
        """The flight is over, the hub has indexed what it was about, and the guard has had something to say."""
        flown = all(source["fraction"] in (None, 1.0) for source in self.health["sources"])
        guarded = self.guard["rejected"] >= ENOUGH_REJECTED and self.guard["clamped"] > 0
        return flown and guarded and self.recording is not None and self.recording["state"] == "ok"


@dataclass(frozen=True, slots=True)
class Chain:
    """The drone's recorder, the guard of the robot ``guarded`` and the hub, seen through their APIs."""

    guarded: str
    recorder: httpx2.Client
    guard: httpx2.Client
    hub: httpx2.Client

    def follow(self, since: datetime, *, within_s: float, show: Callable[[Progress], None]) -> Progress:
        """Wait until the hub has indexed the recording of this run's trigger; says which link is missing otherwise."""
        deadline = time.monotonic() + within_s
        while True:
            progress = self._look(since)
            show(progress)
            if progress.complete:
                return progress
            if time.monotonic() > deadline:
                raise _missing(progress, within_s)
            time.sleep(POLL_S)

    def _look(self, since: datetime) -> Progress:
        health = answer(self.recorder, "record", "/healthz")
        if health["problems"]:
            raise BrokenLink(link="record", reason=" ".join(health["problems"]))
        guard = answer(self.guard, "guard", "/api/risk-log/stats")
        fired = answer(self.recorder, "trigger", "/triggers")["recent"]
        mine = [one for one in fired if one["trigger"] and datetime.fromisoformat(one["requested_at"]) >= since]
        capture = mine[-1] if mine else None
        if capture is None or capture["state"] != "delivered":
            return Progress(health, guard, capture)
        row = answer(self.hub, "index", f"/api/sessions/{capture['session_id']}")
        if row["state"] == "damaged":
            raise BrokenLink(link="index", reason=f"the hub cannot read the recording: {row['damage']}")
        return Progress(health, guard, capture, row)

    def proofs(self, progress: Progress) -> Iterator[tuple[str, str]]:
        """Check each link anew and say what was found; raises BrokenLink at the first that does not hold."""
        assert progress.capture is not None
        assert progress.recording is not None
        last = answer(self.recorder, "seal", "/sessions/last")
        # Somebody may have asked for a later one meanwhile.
        path, row = Path(last["path"]).with_name(f"{progress.capture['session_id']}.mcap"), progress.recording
        yield "record", self._recorded()
        yield "trigger", _fired(progress.capture)
        yield "seal", _sealed(progress.capture, path)
        yield "deliver", _delivered(row, path)
        yield "index", _indexed(row, progress.capture)
        yield "heartbeat", self._heard(row["robot_id"])
        yield "serve", self._served(row, path)
        yield "annotate", self._annotated(row)
        yield "guard", self._guarded(progress.guard)
        yield "risk", self._reported(self.guarded)
        yield "incident", self._opened(row)

    def _guarded(self, stats: dict[str, Any]) -> str:
        status = answer(self.guard, "guard", "/api/control/status")
        require("guard", status["state"] == "running", f"the guard is {status['state']}")
        limits = answer(self.guard, "guard", "/api/telemetry/history?n=1000")["events"]
        sent = [
            one for one in limits if one["was_rejected"] and one["executed"] and one["executed"] == one["requested"]
        ]
        require("guard", not sent, f"cycle {sent[0]['cycle_id'] if sent else 0} was rejected and sent all the same")
        judged = (
            f"{status['cycle_count']:,} cycles judged, {stats['clamped']} actions clamped, {stats['rejected']} rejected"
        )
        return f"{judged}, none of those sent"

    def _reported(self, robot_id: str) -> str:
        deadline = time.monotonic() + ARRIVE_WITHIN_S
        while True:
            page = answer(self.hub, "risk", f"/api/v1/risk-events?robot_id={robot_id}&outcome=reject&limit=1")
            if page["items"]:
                last = page["items"][0]
                return f"{page['total']} rejections known to the hub; the last: {last['reason'] or last['decision']}"
            require("risk", time.monotonic() < deadline, f"no risk event reached the hub within {ARRIVE_WITHIN_S:g} s")
            time.sleep(POLL_S)

    def _opened(self, row: dict[str, Any]) -> str:
        incident = answer(self.hub, "incident", f"/api/v1/incidents/{row['incident_id']}")
        shown = row["session_id"] in incident["session_ids"]
        require("incident", shown, f"incident {incident['id']} does not know of {row['session_id']}")
        return f"{incident['id']} is {incident['state']}, {incident['severity']}: “{incident['title']}”"

    def _recorded(self) -> str:
        topics = answer(self.recorder, "record", "/topics")["topics"]
        messages, lost = (sum(one[key] for one in topics.values()) for key in ("message_count", "dropped"))
        require("record", lost == 0, f"{lost} messages were lost")
        require("record", messages > 0, "no message arrived")
        return f"{messages:,} messages on {len(topics)} topics, none lost"

    def _heard(self, robot_id: str) -> str:
        robot = answer(self.hub, "heartbeat", f"/api/v1/robots/{robot_id}")
        require("heartbeat", robot["last_seen_at"], f"the hub has never heard of {robot_id}")
        return f"{robot_id} is known to the hub, last heard {robot['last_seen_at'][11:19]} UTC"

    def _served(self, row: dict[str, Any], path: Path) -> str:
        response = self.hub.get(
            f"/api/sessions/{row['session_id']}/mcap", headers={"Range": f"bytes=0-{RANGE_BYTES - 1}"}
        )
        require("serve", response.status_code == 206, f"a range answered HTTP {response.status_code}, not 206")
        with path.open("rb") as file:
            require("serve", response.content == file.read(RANGE_BYTES), "a range holds other bytes than the file")
        return f"HTTP 206, {response.headers['content-range']}, byte for byte the robot's file"

    def _annotated(self, row: dict[str, Any]) -> str:
        address = f"/api/sessions/{row['session_id']}/annotations"
        time_ns = trigger_offset_ns(row)
        made = self.hub.post(address, json={"time_ns": time_ns, "body": ANNOTATION})
        require("annotate", made.status_code == 201, f"adding one answered HTTP {made.status_code}: {made.text}")
        listed = answer(self.hub, "annotate", address)["annotations"]
        require("annotate", made.json() in listed, "the annotation is not in the list")
        return f"a remark at {time_ns / 1e9:.1f} s, read back"


def trigger_offset_ns(row: dict[str, Any]) -> int:
    """When the rule fired, in nanoseconds from the start of the recording."""
    started = datetime.fromisoformat(row["started_at"])
    return max(0, round((at(row["trigger"]["fired_at_ns"]) - started).total_seconds() * 1e9))


def answer(client: httpx2.Client, link: str, path: str) -> Any:
    """The JSON a program answers to a GET, or the broken link."""
    try:
        response = client.get(path)
    except httpx2.HTTPError as error:
        raise BrokenLink(link=link, reason=f"{client.base_url} does not answer: {error}") from None
    require(link, response.status_code == 200, f"{path} answered HTTP {response.status_code}: {response.text}")
    return response.json()


def require(link: str, holds: object, reason: str) -> None:
    """Name the link that does not hold."""
    if not holds:
        raise BrokenLink(link=link, reason=reason)


def _fired(capture: dict[str, Any]) -> str:
    trigger = capture["trigger"]
    require("trigger", trigger["value"] > trigger["threshold"], "the rule fired below its threshold")
    return f"{trigger['topic']}.{trigger['field']} was {trigger['value']:.2f}, over {trigger['threshold']:g}"


def _sealed(capture: dict[str, Any], path: Path) -> str:
    verification = verify(path)
    require("seal", verification.ok, f"{path} has problems: {'; '.join(verification.problems)}")
    count, megabytes = verification.message_count, capture["size_bytes"] / 1e6
    return f"{path.name}: {count:,} messages, {capture['duration_s']:.1f} s, {megabytes:.1f} MB, every checksum right"


def _delivered(row: dict[str, Any], path: Path) -> str:
    digest = sha256_of(path)
    require("deliver", row["sha256"] == digest, f"the hub has other bytes: {row['sha256']} is not {digest}")
    return f"SHA-256 {digest[:12]}… at both ends"


def _indexed(row: dict[str, Any], capture: dict[str, Any]) -> str:
    require("index", row["trigger"] == capture["trigger"], "the hub's row tells of another trigger")
    require("index", row["topics"], "the hub's row has no topics")
    require("index", row["incident_id"] == capture["incident_id"], "the hub's row tells of another incident")
    about = f"{len(row['topics'])} topics, {row['duration_s']:.1f} s, “{row['label']}”"
    return f"{about}, incident {row['incident_id']}"


def _missing(progress: Progress, within_s: float) -> BrokenLink:
    waited = f"within {within_s:.0f} s"
    if progress.capture is None:
        return BrokenLink(link="trigger", reason=f"no rule fired {waited}")
    state, why = progress.capture["state"], progress.capture["why"] or ""
    if state == "waiting":
        return BrokenLink(link="seal", reason=f"the capture was not written {waited}. {why}")
    if progress.recording is None:
        return BrokenLink(link="deliver", reason=f"the recording did not reach the hub {waited}. {why}")
    if progress.recording["state"] != "ok":
        return BrokenLink(link="index", reason=f"the hub did not finish indexing {waited}")
    return BrokenLink(link="guard", reason=f"the guard had too little to refuse {waited}")
