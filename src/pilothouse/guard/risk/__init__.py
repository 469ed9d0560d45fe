"""How risky it is at the moment, and the log of every cycle that was not plainly fine."""
