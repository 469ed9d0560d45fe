"""A policy in a process of its own: whatever it does there, it holds up nobody here."""

from pilothouse.guard.adapters.apart.process import PolicyProcess

__all__ = ["PolicyProcess"]
