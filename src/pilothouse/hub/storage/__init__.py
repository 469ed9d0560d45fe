"""Bytes: a directory by default, S3 at scale, memory in tests."""

from pilothouse.hub.storage.storage import BadAddress, BadKey, Missing, Stat, Storage, StorageUnavailable

__all__ = ["BadAddress", "BadKey", "Missing", "Stat", "Storage", "StorageUnavailable"]
