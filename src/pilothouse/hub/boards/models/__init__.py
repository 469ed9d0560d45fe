"""Tables of boards, tasks and approvals."""

from pilothouse.hub.boards.models.approvals import ApprovalDecisionRow, ApprovalRow, ApprovalTaskRow
from pilothouse.hub.boards.models.boards import BoardGroupRow, BoardRow, CustomFieldBoardRow, CustomFieldRow, TagRow
from pilothouse.hub.boards.models.tasks import CommentRow, TaskDependencyRow, TaskRow, TaskTagRow

__all__ = [
    "ApprovalDecisionRow",
    "ApprovalRow",
    "ApprovalTaskRow",
    "BoardGroupRow",
    "BoardRow",
    "CommentRow",
    "CustomFieldBoardRow",
    "CustomFieldRow",
    "TagRow",
    "TaskDependencyRow",
    "TaskRow",
    "TaskTagRow",
]
