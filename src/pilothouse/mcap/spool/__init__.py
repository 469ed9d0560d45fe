"""The ring on disk, for when the process is gone."""
