"""A typed client of the hub."""
