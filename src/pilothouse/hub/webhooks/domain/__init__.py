"""Signatures of others, states of what they sent, and what can be wrong. Pure."""
