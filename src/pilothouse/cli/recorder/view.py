"""How a recorder's state looks in a terminal. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pilothouse.cli.parts.tables import printable, table
from pilothouse.cli.recorder.delivery import delivery_lines

RECENT = 5
LOST = (("too_large", "too large"), ("missed", "missed"))
FATES = (("merged", "merged"), ("over_budget", "over budget"))
MIB = 1 << 20
MOST_CELL = 48


def overview(state: Mapping[str, Any], url: str, *, most_topics: int | None = None) -> str:
    """Everything at a glance, in plain text; `most_topics` keeps it on one screen, where long names are shortened."""
    health, topics, triggers = state["health"], state["topics"]["topics"], state["triggers"]
    busiest = sorted(topics.items(), key=lambda one: (-(one[1]["rate_hz"] or 0.0), one[0]))
    shown = busiest if most_topics is None else busiest[:most_topics]
    cell = _whole if most_topics is None else _short
    parts = [
        _head(health, url),
        [f"problem  {problem}" for problem in health["problems"]],
        [_source(one) for one in health["sources"]],
        delivery_lines(health["delivery"]),
        _table(("topic", "Hz", "messages", "last", "dropped"), [_topic(name, one) for name, one in shown], cell),
        [f"and {len(topics) - len(shown)} more topics"] if len(shown) < len(topics) else [],
        _table(("rule", "fired", "condition", "last value"), [_rule(one) for one in triggers["rules"]], cell),
        _table(("capture", "state", "why", "size", "label"), _captures(triggers), cell),
    ]
    # Names come from the robot: one that holds a line break or colours must not take over the terminal.
    return "\n".join(printable(line) for part in parts for line in part)


def topic_line(topic: Mapping[str, Any], before: int | None, time: str) -> str:
    """One line of following a topic."""
    more = "" if before is None else f"  {topic['message_count'] - before:+d}"
    lost = f"  dropped {_lost(topic)}" if _lost(topic) != "0" else ""
    return f"{time}  {topic['message_count']} messages{more}  {_rate(topic)} Hz  last {_age(topic)}{lost}"


def _head(health: Mapping[str, Any], url: str) -> list[str]:
    states = ", ".join(f"{count} {state}" for state, count in health["captures"].items() if count) or "none yet"
    buffer = f"{health['buffer_size']} messages in {_size(health['buffer_bytes'])} ({health['buffer_fill']:.0%})"
    disk = f"{_size(health['disk']['free_bytes'])} free, {_size(health['disk']['reserved_bytes'])} of it stay so"
    return [f"{health['robot_id']} at {url}", f"buffer   {buffer}", f"captures {states}", f"disk     {disk}"]


def _source(source: Mapping[str, Any]) -> str:
    played = "" if source["fraction"] is None else f", {source['fraction']:.0%} played"
    wrong = f": {source['error']}" if source["error"] else ""
    return f"source   {source['name']} {source['state']}, {source['messages']} messages{played}{wrong}"


def _topic(name: str, topic: Mapping[str, Any]) -> Sequence[str]:
    return name, _rate(topic), str(topic["message_count"]), _age(topic), _lost(topic)


def _lost(topic: Mapping[str, Any]) -> str:
    # A recorder of another version may not say it.
    others = [f"{topic[kind]} {said}" for kind, said in LOST if topic.get(kind)]
    return " and ".join([str(topic["dropped"]), *others])


def _rule(rule: Mapping[str, Any]) -> Sequence[str]:
    value = "" if rule["last"] is None else str(rule["last"].get("value"))
    fates = [f"{rule[fate]} {said}" for fate, said in FATES if rule[fate]]
    fired = f"{rule['fired']} ({', '.join(fates)})" if fates else str(rule["fired"])
    return rule["name"], fired, rule["condition"], value


def _captures(triggers: Mapping[str, Any]) -> list[Sequence[str]]:
    pending = {one["session_id"]: one for one in triggers["pending"]}
    recent = [one for one in triggers["recent"] if one["session_id"] not in pending][:RECENT]
    return [_capture(one) for one in [*pending.values(), *recent]]


def _capture(capture: Mapping[str, Any]) -> Sequence[str]:
    size = "" if capture["size_bytes"] is None else _size(capture["size_bytes"])
    if capture["sent_bytes"] is not None and capture["size_bytes"]:
        size += f", {capture['sent_bytes'] / capture['size_bytes']:.0%} sent"
    why = capture["why"] or capture["reason"]
    why += f", and {capture['more']} more" if capture["more"] else ""
    state = f"{capture['state']}, pinned" if capture["pinned"] else capture["state"]
    return capture["session_id"], state, why, size, capture["label"]


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], cell: Callable[[str], str]) -> list[str]:
    """After an empty line; nothing without rows."""
    return ["", *table(titles, [[cell(one) for one in row] for row in rows]).split("\n")] if rows else []


def _whole(text: str) -> str:
    return text


def _short(text: str) -> str:
    """One long name must not push every number off the screen; its beginning and its end tell it from others."""
    half = MOST_CELL // 2
    return text if len(text) <= MOST_CELL else f"{text[: half - 1]}…{text[-half:]}"


def _rate(topic: Mapping[str, Any]) -> str:
    return "–" if topic["rate_hz"] is None else f"{topic['rate_hz']:.1f}"


def _age(topic: Mapping[str, Any]) -> str:
    return "–" if topic["last_age_s"] is None else f"{topic['last_age_s']:.1f} s ago"


def _size(count: int) -> str:
    return f"{count / MIB:.1f} MiB" if count >= MIB else f"{count / 1024:.1f} KiB"
