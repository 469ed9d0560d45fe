"""Named sets of rules with the usual topics: a start, not a substitute for knowing one's robot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pilothouse.kit.nearest import nearest

_ERRORS: Final[dict[str, Any]] = {
    "kind": "log_level",
    "name": "error in the log",
    "topic": "/rosout",
    "level": "error",
    "cooldown_s": 60,
}

PRESETS: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "ground-vehicle": (
        {
            "kind": "stall",
            "name": "stuck",
            "command_topic": "/cmd_vel",
            "command_field": "linear.x",
            "command_above": 0.1,
            "motion_topic": "/odom",
            "motion_field": "twist.twist.linear.x",
            "motion_below": 0.02,
            "duration_s": 2,
            "cooldown_s": 30,
        },
        {
            "kind": "path_deviation",
            "name": "off the path",
            "topic": "/amcl_pose",
            "field": "pose.pose.position",
            "path_topic": "/plan",
            "limit_m": 1,
            "duration_s": 2,
            "hysteresis": 0.2,
            "cooldown_s": 30,
        },
        {"kind": "dropout", "name": "odometry silent", "topic": "/odom", "max_gap_s": 1, "cooldown_s": 30},
        {"kind": "dropout", "name": "laser silent", "topic": "/scan", "max_gap_s": 1, "cooldown_s": 30},
        {"kind": "battery_low", "name": "battery low", "topic": "/battery_state", "below": 0.2},
        _ERRORS,
    ),
    "drone": (
        {
            "kind": "threshold",
            "name": "sinking fast",
            "topic": "/mavros/local_position/velocity_local",
            "field": "twist.linear.z",
            "op": "lt",
            "value": -4,
            "duration_s": 0.5,
            "hysteresis": 1,
            "cooldown_s": 30,
        },
        {
            "kind": "rate_of_change",
            "name": "position jumped",
            "topic": "/mavros/local_position/pose",
            "field": "pose.position.z",
            "value": 15,
            "window_s": 0.2,
            "cooldown_s": 30,
        },
        {
            "kind": "flat_line",
            "name": "gyroscope frozen",
            "topic": "/mavros/imu/data",
            "field": "angular_velocity.z",
            "duration_s": 1,
            "cooldown_s": 30,
        },
        {
            "kind": "dropout",
            "name": "position silent",
            "topic": "/mavros/local_position/pose",
            "max_gap_s": 1,
            "cooldown_s": 30,
        },
        {"kind": "dropout", "name": "IMU silent", "topic": "/mavros/imu/data", "max_gap_s": 0.5, "cooldown_s": 30},
        {"kind": "battery_low", "name": "battery low", "topic": "/mavros/battery", "below": 0.25},
        _ERRORS,
    ),
    "manipulator": (
        {
            "kind": "any",
            "name": "joint off its trajectory",
            "cooldown_s": 30,
            "of": [
                {
                    "kind": "out_of_range",
                    "name": f"joint {number}",
                    "topic": "/joint_trajectory_controller/controller_state",
                    "field": f"error.positions[{number}]",
                    "min": -0.1,
                    "max": 0.1,
                    "duration_s": 0.2,
                }
                for number in range(6)
            ],
        },
        {
            "kind": "out_of_range",
            "name": "hard contact",
            "topic": "/force_torque_sensor_broadcaster/wrench",
            "field": "wrench.force.z",
            "min": -80,
            "max": 80,
            "duration_s": 0.02,
            "hysteresis": 10,
            "cooldown_s": 10,
        },
        {"kind": "dropout", "name": "joints silent", "topic": "/joint_states", "max_gap_s": 0.5, "cooldown_s": 30},
        _ERRORS,
    ),
}

OPTIONS: Final = frozenset({"preset", "topics", "without", "change"})


def preset(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The configurations that ``{preset: NAME, topics: …, without: …, change: …}`` asks for; raises ``ValueError``.

    ``topics`` gives topics other names, ``without`` leaves rules out by name, ``change`` gives a rule other options.
    """
    for key in asked:
        _known(key, OPTIONS, "option of a preset")
    name = asked["preset"]
    rules = PRESETS[_known(name, PRESETS, "preset")]
    names = {rule["name"] for rule in rules}
    without, change = _listed(asked, "without"), _mapped(asked, "change")
    for one in [*without, *change]:
        _known(one, names, f"rule of the preset {name}")
    topics = _mapped(asked, "topics")
    for topic in topics:
        _known(topic, set(topics_of(rules)), f"topic of the preset {name}")
    chosen = [{**rule, **(change.get(rule["name"]) or {})} for rule in rules if rule["name"] not in without]
    return [_with_topics(rule, topics) for rule in chosen]


def _with_topics(rule: Mapping[str, Any], topics: Mapping[str, str]) -> dict[str, Any]:
    changed = {key: topics.get(value, value) if _is_topic(key, value) else value for key, value in rule.items()}
    if isinstance(changed.get("of"), list):
        changed["of"] = [_with_topics(one, topics) for one in changed["of"] if isinstance(one, Mapping)]
    return changed


def topics_of(rules: Any) -> list[str]:
    """Every topic that rules look at."""
    own = [value for rule in rules for key, value in rule.items() if _is_topic(key, value)]
    return own + [topic for rule in rules for topic in topics_of(rule.get("of", ()))]


def _is_topic(key: str, value: object) -> bool:
    return key.rpartition("_")[2] == "topic" and isinstance(value, str)


def _listed(asked: Mapping[str, Any], key: str) -> list[Any]:
    found = asked.get(key) or []
    if not isinstance(found, list | tuple):
        raise ValueError(f"{key} of a preset is a list of rule names")
    return list(found)


def _mapped(asked: Mapping[str, Any], key: str) -> Mapping[Any, Any]:
    found = asked.get(key) or {}
    if not isinstance(found, Mapping):
        raise ValueError(f"{key} of a preset is a mapping")
    if key == "change" and not all(isinstance(one, Mapping) for one in found.values()):
        raise ValueError("change of a preset maps the names of rules to their new options")
    return found


def _known(name: object, known: Any, what: str) -> Any:
    if isinstance(name, str) and name in known:
        return name
    close = nearest(str(name), known)
    hint = f"did you mean {close!r}?" if close else f"known: {', '.join(sorted(known))}"
    raise ValueError(f"there is no {what} {name!r}; {hint}")
