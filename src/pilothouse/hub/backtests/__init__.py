"""Rules run over stored recordings, as jobs with progress."""
