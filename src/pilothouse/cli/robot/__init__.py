"""pilothouse robot: what a robot is to its hub."""
