"""On the robot: sources, ring, capture, outbox."""
