"""The database: SQLite in the data directory by default, PostgreSQL at scale; one place begins and commits."""

from pilothouse.hub.db.answers import RequestKey, answer_once, answer_once_with_secret
from pilothouse.hub.db.base import Base, BigId, Json, UtcDateTime, values_of
from pilothouse.hub.db.cursors import Cursor
from pilothouse.hub.db.database import Database, after_commit, before_commit
from pilothouse.hub.db.durations import day_of, seconds_between
from pilothouse.hub.db.inserting import insert_in, insert_into
from pilothouse.hub.db.problems import DatabaseUnavailable, Unstorable
from pilothouse.hub.db.together import Together
from pilothouse.hub.db.versioned import change_row, touch

__all__ = [
    "Base",
    "BigId",
    "Cursor",
    "Database",
    "DatabaseUnavailable",
    "Json",
    "RequestKey",
    "Together",
    "Unstorable",
    "UtcDateTime",
    "after_commit",
    "answer_once",
    "answer_once_with_secret",
    "before_commit",
    "change_row",
    "day_of",
    "insert_in",
    "insert_into",
    "seconds_between",
    "touch",
    "values_of",
]
