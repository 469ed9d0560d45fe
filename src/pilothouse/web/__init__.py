"""What every HTTP service here does the same way."""
