"""The policies that can be of somebody else: opened wherever they are to run."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from pilothouse.guard.adapters.base import Policy
from pilothouse.guard.stackfile import RobotConfig
from pilothouse.guard.stackfile.plugins import installed
from pilothouse.guard.stackfile.yours import PluginPolicyConfig, PythonPolicyConfig


def policy_here(config: PythonPolicyConfig | PluginPolicyConfig, robot: RobotConfig, directory: Path) -> Policy:
    """In this process."""
    if isinstance(config, PythonPolicyConfig):
        from pilothouse.guard.adapters.python import PythonPolicy

        return PythonPolicy(config, directory)
    return cast("Policy", installed("policies")[config.type].load()(robot, **config.options))
