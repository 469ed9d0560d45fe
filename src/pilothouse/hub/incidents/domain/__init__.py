"""What an incident is, how it moves, and what becomes one. Pure."""
