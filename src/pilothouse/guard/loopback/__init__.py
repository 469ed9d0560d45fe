"""Every cycle of a session on disk, as MCAP that can be read while it is written."""
