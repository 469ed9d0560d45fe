"""The guard: stands between policy and robot, decides each cycle, fail-closed."""
