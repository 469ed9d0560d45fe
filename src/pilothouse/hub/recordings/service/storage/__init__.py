"""Where the bytes of recordings are, a directory or a bucket, and how bytes from outside are taken and read safely."""
