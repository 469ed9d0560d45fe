"""What is in a recording, read by the hub so that a browser need not read all of it."""
