"""New recordings out of parts of others."""
