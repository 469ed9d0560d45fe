"""What the robot owes the hub, durable until the hub has it."""
