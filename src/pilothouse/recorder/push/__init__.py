"""Messages of programs that have no middleware."""
