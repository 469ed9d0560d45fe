"""Bytes: a directory by default, S3 at scale, memory in tests."""

from pilothouse.hub.storage.storage import BadKey, Missing, Stat, Storage, StorageUnavailable

__all__ = ["BadKey", "Missing", "Stat", "Storage", "StorageUnavailable"]
