"""The last minute in memory, as sealed chunks."""
