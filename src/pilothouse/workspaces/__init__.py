"""Checkouts of repositories for sessions: mirrors, workspaces, patches, set-ups; what guests did never runs here."""

from pilothouse.workspaces.debugging import DebugDoor, DebugLine
from pilothouse.workspaces.environments import Environment, Environments, Ran, Runner, Setup
from pilothouse.workspaces.model import Credentials, Owner, Repository, Shown, Timings, Warmth, Workspace
from pilothouse.workspaces.patches import patch_hash
from pilothouse.workspaces.recordings import recordings_shown
from pilothouse.workspaces.repositories import FetchLimits, Repositories
from pilothouse.workspaces.tools import tools_shown
from pilothouse.workspaces.workspaces import Workspaces

__all__ = [
    "Credentials",
    "DebugDoor",
    "DebugLine",
    "Environment",
    "Environments",
    "FetchLimits",
    "Owner",
    "Ran",
    "Repositories",
    "Repository",
    "Runner",
    "Setup",
    "Shown",
    "Timings",
    "Warmth",
    "Workspace",
    "Workspaces",
    "patch_hash",
    "recordings_shown",
    "tools_shown",
]
