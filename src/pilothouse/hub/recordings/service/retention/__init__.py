"""How long recordings stay: limits of disk and time, pins, deletions."""
