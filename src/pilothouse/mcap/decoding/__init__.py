"""Messages as plain values."""
