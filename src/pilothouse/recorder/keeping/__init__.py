"""Which recordings stay on the robot, and how much of its disk they take."""
