"""What the guards of robots decided that was not plainly fine."""

from pilothouse.hub.risk.service import RiskEvents

__all__ = ["RiskEvents"]
