"""For the fleet: recordings, robots, incidents."""
