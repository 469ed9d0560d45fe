"""What is asked and answered about boards."""
