"""The SQL of boards."""

from pilothouse.hub.boards.repository.approvals import ApprovalRows, ApprovalsSought, Asker
from pilothouse.hub.boards.repository.boards import BoardRows, Lock
from pilothouse.hub.boards.repository.figures import FigureRows
from pilothouse.hub.boards.repository.labels import FieldRows, TagRows
from pilothouse.hub.boards.repository.tasks import TaskRows
from pilothouse.hub.boards.repository.unique import write_unique
from pilothouse.hub.boards.repository.views import Direction, TaskSort, TasksSought, TaskViews

__all__ = [
    "ApprovalRows",
    "ApprovalsSought",
    "Asker",
    "BoardRows",
    "Direction",
    "FieldRows",
    "FigureRows",
    "Lock",
    "TagRows",
    "TaskRows",
    "TaskSort",
    "TaskViews",
    "TasksSought",
    "write_unique",
]
