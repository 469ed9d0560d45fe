"""Damaged recordings, read as far as they go and made whole again as new ones."""
