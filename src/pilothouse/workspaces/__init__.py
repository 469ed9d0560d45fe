"""Repositories mirrored, and checked out for one session at a time."""
