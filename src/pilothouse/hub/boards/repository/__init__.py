"""The SQL of boards."""

from pilothouse.hub.boards.repository.approvals import ApprovalRows, ApprovalsSought
from pilothouse.hub.boards.repository.boards import BoardRows, Lock
from pilothouse.hub.boards.repository.labels import FieldRows, TagRows
from pilothouse.hub.boards.repository.tasks import TaskRows
from pilothouse.hub.boards.repository.views import Direction, TaskSort, TasksSought, TaskViews

__all__ = [
    "ApprovalRows",
    "ApprovalsSought",
    "BoardRows",
    "Direction",
    "FieldRows",
    "Lock",
    "TagRows",
    "TaskRows",
    "TaskSort",
    "TaskViews",
    "TasksSought",
]
