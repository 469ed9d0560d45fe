"""What is known of recordings, as people and programs read it, share it and write beside it."""
