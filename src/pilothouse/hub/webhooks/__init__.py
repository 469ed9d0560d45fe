"""What others tell a board, and what a board tells others: signed, at least once, applied once."""
