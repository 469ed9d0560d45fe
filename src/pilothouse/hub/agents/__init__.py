"""Autonomous agents: their registration, their liveness, and the routes made for them."""
