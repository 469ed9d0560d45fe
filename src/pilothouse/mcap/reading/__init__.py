"""Recordings as they lie on a disk or in a bucket, believed as little as possible."""
