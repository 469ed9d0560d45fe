"""Which addresses are allowed, how often is tried, and what can be wrong. Pure."""
