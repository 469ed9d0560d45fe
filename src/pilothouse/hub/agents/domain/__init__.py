"""Rules of agents: when one counts as offline, what it may spend, what concerns it."""
