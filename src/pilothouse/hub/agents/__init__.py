"""Autonomous agents: who they are, whether they live, what they may spend, and the surface they work on."""
