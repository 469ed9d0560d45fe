"""Judging without a loop, and understanding what callers hand over."""

from pilothouse.guard.guardrail.conversion import Unmappable, action_of, observation_of
from pilothouse.guard.guardrail.guardrail import Guardrail

__all__ = ["Guardrail", "Unmappable", "action_of", "observation_of"]
