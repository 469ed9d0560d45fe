"""What a board remembers and talks about."""
