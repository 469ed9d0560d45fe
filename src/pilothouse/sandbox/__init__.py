"""Run what nobody vouches for, within limits, and say how it ended."""
