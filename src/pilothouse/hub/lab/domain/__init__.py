"""Rules of debug sessions; pure."""
