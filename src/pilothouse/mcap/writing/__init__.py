"""Chunks, and the recordings that are made of them."""
