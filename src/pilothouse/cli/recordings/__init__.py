"""pilothouse recordings: what a hub keeps."""
