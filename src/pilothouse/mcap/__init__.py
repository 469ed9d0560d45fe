"""The recording format: seal, recover, read and decode MCAP."""
