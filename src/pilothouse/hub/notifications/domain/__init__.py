"""What is worth telling, to whom, and how often it is tried. Pure."""
