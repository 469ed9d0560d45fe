"""Risk events on their way to the recorder, which brings them to the hub."""
