"""From an asking to a sealed file, or to a row that says why there is none."""
