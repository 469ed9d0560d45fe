"""Rules over decoded messages. Pure: the robot runs them live, the hub over stored recordings."""
