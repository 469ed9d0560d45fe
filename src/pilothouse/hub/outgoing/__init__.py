"""What leaves the hub for addresses that somebody typed in: checked, signed, at least once, and given up in sight."""
