"""Runs what was queued. Knows no HTTP: a hub and `pilothouse worker` run the same."""

from pilothouse.hub.lab.service.execution.machine import LocalMachine, Machine
from pilothouse.hub.lab.service.execution.worker import Worker

__all__ = ["LocalMachine", "Machine", "Worker"]
