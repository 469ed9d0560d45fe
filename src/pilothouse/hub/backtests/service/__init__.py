"""Rules tried on recordings that are there."""

from pilothouse.hub.backtests.service.backtests import BACKTEST_JOB, Backtests

__all__ = ["BACKTEST_JOB", "Backtests"]
