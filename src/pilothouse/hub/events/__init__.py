"""What happened, in order, for whoever asks now or later."""

from pilothouse.hub.events.bus import Bus
from pilothouse.hub.events.consuming import Consuming
from pilothouse.hub.events.domain import HUB_STREAM, Event, Forgotten
from pilothouse.hub.events.following import Follower
from pilothouse.hub.events.service import Events
from pilothouse.hub.events.taking import take_each

__all__ = ["HUB_STREAM", "Bus", "Consuming", "Event", "Events", "Follower", "Forgotten", "take_each"]
