"""One row for everything that belongs to one failure."""
