"""What can be done with incidents."""

from pilothouse.hub.incidents.service.following import Following
from pilothouse.hub.incidents.service.grouping import Grouping
from pilothouse.hub.incidents.service.incidents import Incidents
from pilothouse.hub.incidents.service.links import RecordingLinks

__all__ = ["Following", "Grouping", "Incidents", "RecordingLinks"]
