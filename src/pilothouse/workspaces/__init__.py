"""Checkouts of repositories for sessions: mirrors, workspaces, patches, set-ups; what guests did never runs here."""

from pilothouse.workspaces.model import Owner, Repository, Timings, Warmth, Workspace
from pilothouse.workspaces.repositories import Credentials, Repositories
from pilothouse.workspaces.workspaces import Workspaces, patch_hash

__all__ = [
    "Credentials",
    "Owner",
    "Repositories",
    "Repository",
    "Timings",
    "Warmth",
    "Workspace",
    "Workspaces",
    "patch_hash",
]
