"""Recordings: the files robots captured, what people wrote on them, and how long they stay."""
