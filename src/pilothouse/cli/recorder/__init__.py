"""pilothouse recorder: the flight recorder on the robot."""
