"""A robot seen live from anywhere: over a connection the robot makes, while somebody watches, and only then."""
