"""The pilothouse command."""
