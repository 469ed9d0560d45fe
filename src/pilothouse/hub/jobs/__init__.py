"""Work that outlives a request: rows are the truth, the queue is a hint."""

from pilothouse.hub.jobs.domain import Job, JobContext
from pilothouse.hub.jobs.service import Jobs

__all__ = ["Job", "JobContext", "Jobs"]
