"""What every program here stands on: errors, clock, ids, settings, logging."""
