"""Reading recordings for people who look at them."""

from pilothouse.hub.playback.service.columns import ColumnCache
from pilothouse.hub.playback.service.cuts import Cut
from pilothouse.hub.playback.service.patience import Patience, PlaybackBusy, Turns
from pilothouse.hub.playback.service.playback import Frame, Playback

__all__ = ["ColumnCache", "Cut", "Frame", "Patience", "Playback", "PlaybackBusy", "Turns"]
