"""pilothouse lab: debug sessions of a hub."""
