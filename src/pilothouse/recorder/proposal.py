"""From what was heard of a source to a configuration that fits it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pilothouse.mcap import default_latched
from pilothouse.recorder.sources.survey import HeardTopic
from pilothouse.triggers.presets import PRESETS, topics_of

MIB = 1 << 20
FAT_BYTES = 16 << 10
WINDOW_S = 60
POST_S = 5
# Of each message beside its content; and what robots say more of in trouble than while they are looked at.
OVERHEAD_BYTES, ROOM = 64, 1.25
SMALLEST_BYTES = 64 * MIB
# A window that needs more than this for its cameras keeps less of them.
MOST_FAT_BYTES = 256 * MIB
SHORTEST_PRE_S = 5
# A topic this steady should not fall silent; more rules than these nobody reads.
STEADY_HZ, MOST_DROPOUTS = 5.0, 3
# A preset without any of its own topics is of another robot; the log is in all of them.
COMMON_TOPICS = frozenset({"/rosout"})
# The types that the topics of presets have, to find them under other names.
TYPES = {
    "/amcl_pose": "geometry_msgs/msg/PoseWithCovarianceStamped",
    "/battery_state": "sensor_msgs/msg/BatteryState",
    "/cmd_vel": "geometry_msgs/msg/Twist",
    "/force_torque_sensor_broadcaster/wrench": "geometry_msgs/msg/WrenchStamped",
    "/joint_states": "sensor_msgs/msg/JointState",
    "/mavros/battery": "sensor_msgs/msg/BatteryState",
    "/mavros/imu/data": "sensor_msgs/msg/Imu",
    "/mavros/local_position/velocity_local": "geometry_msgs/msg/TwistStamped",
    "/odom": "nav_msgs/msg/Odometry",
    "/plan": "nav_msgs/msg/Path",
    "/rosout": "rcl_interfaces/msg/Log",
    "/scan": "sensor_msgs/msg/LaserScan",
}


@dataclass(frozen=True, slots=True)
class Load:
    """What a topic brings each second."""

    heard: HeardTopic
    rate_hz: float
    bytes_per_s: float

    @classmethod
    def of(cls, heard: HeardTopic, span_s: float) -> Load:
        rate_hz = heard.messages / max(span_s, 1.0)
        each = heard.bytes / heard.messages + OVERHEAD_BYTES
        return cls(heard, rate_hz, rate_hz * each)

    @property
    def is_fat(self) -> bool:
        return self.heard.largest_bytes > FAT_BYTES and not default_latched(self.heard.topic)

    @property
    def summary(self) -> str:
        """In a few words, for people."""
        kind = _plain(self.heard.type_name) or "no type"
        return f"{self.rate_hz:.3g} Hz, up to {self.heard.largest_bytes:,} bytes, {kind}"


def propose(line: str, robot_id: str, heard: Sequence[HeardTopic], span_s: float) -> str:
    """The text of a configuration file."""
    loads = [Load.of(one, span_s) for one in heard]
    fat = [one for one in loads if one.is_fat]
    small_bytes = (WINDOW_S + POST_S) * ROOM * sum(one.bytes_per_s for one in loads if not one.is_fat)
    fat_rate = ROOM * sum(one.bytes_per_s for one in fat)
    pre_s = max(SHORTEST_PRE_S, min(WINDOW_S, math.floor(MOST_FAT_BYTES / max(fat_rate, 1) - POST_S)))
    budgets = {topic: _mib(rate * ROOM * (pre_s + POST_S)) for topic, rate in _of_each_topic(fat).items()}
    total = max(SMALLEST_BYTES, _mib(small_bytes) + sum(budgets.values()))
    lines = [
        f"# Proposed by `pilothouse recorder init` from {span_s:.3g} s of {_plain(line)}:",
        f"# {len(_of_each_topic(loads))} topics, {sum(one.bytes_per_s for one in loads) / 1e6:.3g} MB each second.",
        f"robot_id: {_quoted(robot_id)}",
        "sources:",
        f"  - {_quoted(line)}",
        f"window_s: {WINDOW_S}",
        f"post_s: {POST_S}",
        f"max_bytes: {total // MIB}MiB  # enough for all of it, uncompressed and with some room",
        *_topics(fat, pre_s, budgets),
        *_triggers(loads),
    ]
    return "\n".join(lines) + "\n"


def _of_each_topic(loads: Sequence[Load]) -> dict[str, float]:
    """Bytes per second; a topic that is said with two types is one topic."""
    rates: dict[str, float] = {}
    for one in loads:
        rates[one.heard.topic] = rates.get(one.heard.topic, 0.0) + one.bytes_per_s
    return rates


def _quoted(text: str) -> str:
    """As YAML takes any text: whatever is not plain is escaped."""
    return f'"{"".join(one if _is_plain(one) else f"{chr(92)}U{ord(one):08x}" for one in text)}"'


def _mapping(names: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_quoted(one)}: {_quoted(other)}" for one, other in names.items()) + "}"


def _listed(names: Sequence[str]) -> str:
    return "[" + ", ".join(map(_quoted, names)) + "]"


def _plain(text: str) -> str:
    """For comments and people."""
    return "".join(one if _is_plain(one) else "?" for one in text)


def _is_plain(one: str) -> bool:
    return " " <= one <= "~" and one not in ('"', chr(92))


def _mib(size: float) -> int:
    """Rounded up."""
    return max(1, math.ceil(size / MIB)) * MIB


def _topics(fat: Sequence[Load], pre_s: int, budgets: Mapping[str, int]) -> list[str]:
    if not fat:
        return ["topics: []  # none is fat"]
    lines = ["topics:"]
    for topic, one in {one.heard.topic: one for one in reversed(fat)}.items():
        lines.append(f"  - match: {_quoted(_literal(topic))}  # {one.summary}")
        lines.append(f"    priority: low\n    pre_s: {pre_s}\n    max_bytes: {budgets[topic] // MIB}MiB")
    return lines


def _literal(topic: str) -> str:
    """A pattern that only this topic matches."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in topic)


def _triggers(loads: Sequence[Load]) -> list[str]:
    fitting = _preset(loads)
    if fitting is not None:
        return ["triggers:", *fitting]
    steady = [one for one in loads if one.rate_hz >= STEADY_HZ and not one.is_fat]
    names = dict.fromkeys(one.heard.topic for one in sorted(steady, key=lambda one: -one.rate_hz))
    if not names:
        return ["triggers: []  # no preset fits; see docs/guides/triggers.md"]
    return [
        "# No preset fits these topics; docs/guides/triggers.md shows more kinds of rules.",
        "triggers:",
        *(
            f"  - {{kind: dropout, topic: {_quoted(one)}, max_gap_s: 1, cooldown_s: 30}}"
            for one in [*names][:MOST_DROPOUTS]
        ),
    ]


def _preset(loads: Sequence[Load]) -> list[str] | None:
    """The preset with the most rules that find their topics, under whatever names."""
    best: tuple[int, list[str]] = (0, [])
    for name, rules in PRESETS.items():
        found = _named_as(topics_of(rules), loads)
        usable = [rule for rule in rules if set(topics_of([rule])) <= found.keys()]
        own = [rule for rule in usable if not set(topics_of([rule])) <= COMMON_TOPICS]
        if len(own) > best[0]:
            best = (len(own), _preset_lines(name, rules, usable, found))
    return best[1] or None


def _named_as(wanted: Sequence[str], loads: Sequence[Load]) -> dict[str, str]:
    """For topics of a preset those that were heard: by name, or the only one of its type."""
    heard = {one.heard.topic: one.heard.type_name for one in loads}
    found = {}
    for topic in wanted:
        alike = [name for name, kind in heard.items() if kind and kind == TYPES.get(topic)]
        if topic in heard:
            found[topic] = topic
        elif len(alike) == 1:
            found[topic] = alike[0]
    return found


def _preset_lines(
    name: str, rules: Sequence[Mapping[str, object]], usable: Sequence[Mapping[str, object]], found: Mapping[str, str]
) -> list[str]:
    without = [str(rule["name"]) for rule in rules if rule not in usable]
    used = set(topics_of(usable))
    renamed = {topic: name for topic, name in found.items() if topic != name and topic in used}
    lines = [f"  - preset: {name}"]
    if renamed:
        lines.append(f"    topics: {_mapping(renamed)}")
    if without:
        lines.append(f"    without: {_listed(without)}  # their topics were not heard")
    return lines
