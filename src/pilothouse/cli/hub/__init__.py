"""pilothouse hub: the service for the fleet."""
