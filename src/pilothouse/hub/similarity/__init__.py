"""Incidents that are like another one: by what fired, by what it was called, by what the signals did."""
