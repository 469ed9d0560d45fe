"""Boards and everything on them."""

from pilothouse.hub.boards.service.approvals import Approvals
from pilothouse.hub.boards.service.boards import Boards
from pilothouse.hub.boards.service.comments import Comments
from pilothouse.hub.boards.service.everything import BoardServices, build_services
from pilothouse.hub.boards.service.fields import CustomFields
from pilothouse.hub.boards.service.figures import Figures
from pilothouse.hub.boards.service.groups import Groups
from pilothouse.hub.boards.service.known import KnownBoards
from pilothouse.hub.boards.service.leases import Leases
from pilothouse.hub.boards.service.ports import RecentMemory
from pilothouse.hub.boards.service.scope import OnBoard
from pilothouse.hub.boards.service.snapshots import Snapshots
from pilothouse.hub.boards.service.tags import Tags
from pilothouse.hub.boards.service.tasks import Tasks

__all__ = [
    "Approvals",
    "BoardServices",
    "Boards",
    "Comments",
    "CustomFields",
    "Figures",
    "Groups",
    "KnownBoards",
    "Leases",
    "OnBoard",
    "RecentMemory",
    "Snapshots",
    "Tags",
    "Tasks",
    "build_services",
]
