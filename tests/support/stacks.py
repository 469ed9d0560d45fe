"""Small Stackfiles to test with."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

from pilothouse.guard.stackfile import Stackfile, load_text

TWO_JOINTS = """\
version: 1
robot:
  name: pair
  joints:
    - {name: a, lower_rad: -3, upper_rad: 3, velocity_rad_s: 2, acceleration_rad_s2: 20}
    - {name: b, lower_deg: -90, upper_deg: 90, velocity_rad_s: 2, acceleration_rad_s2: 20}
  gripper: {lower_m: 0, upper_m: 0.1}
sources:
  arm: {type: sim}
sinks:
  arm: {type: sim}
policy: {type: sim}
boundaries:
  limits: {type: joint_position}
  speed: {type: joint_velocity, scale: 0.9, fallback: hold}
guards:
  MotionGuard: {layer: L1, boundaries: [limits, speed]}
tasks:
  default: {boundaries: [limits, speed], fallback: hold}
fallbacks:
  hold: {type: hold_position, escalate_to: halt, escalate_after_s: 5}
  halt: {type: emergency_stop}
safety: {control_frequency_hz: 50, max_obs_age_s: 0.2}
"""


def two_joints(**sections: Any) -> Stackfile:
    """Two joints, position and velocity limits; sections as given in place of these."""
    return load_text(yaml.safe_dump({**yaml.safe_load(TWO_JOINTS), **sections}, sort_keys=False))


def template() -> str:
    """What `pilothouse guard init` writes."""
    return files("pilothouse.guard.stackfile").joinpath("template.yaml").read_text(encoding="utf-8")
