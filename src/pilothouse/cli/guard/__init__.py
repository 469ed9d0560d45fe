"""pilothouse guard: the boundary between a policy and a robot."""
