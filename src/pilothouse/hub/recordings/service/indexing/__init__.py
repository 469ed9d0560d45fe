"""What recordings hold, and an index that stays true to what is stored."""
