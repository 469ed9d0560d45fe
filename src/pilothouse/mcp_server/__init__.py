"""Tools for AI agents, built on the client; the token of the caller decides what they may do."""
