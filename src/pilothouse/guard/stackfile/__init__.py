"""The Stackfile: one YAML file that says what the robot is, what holds, and what happens otherwise."""
