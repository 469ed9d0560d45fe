"""Reading recordings for people who look at them."""

from pilothouse.hub.playback.service.columns import ColumnCache
from pilothouse.hub.playback.service.playback import Frame, Playback

__all__ = ["ColumnCache", "Frame", "Playback"]
