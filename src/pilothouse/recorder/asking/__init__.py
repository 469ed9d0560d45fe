"""The ways in which others ask for a recording: HTTP, alerts, signals, dropped files."""
