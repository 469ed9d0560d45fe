"""Debug sessions: a failure reproduced at a pinned commit, in a sandbox, with its recording."""
