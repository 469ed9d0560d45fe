"""Writing to the log, and proving it."""

from pilothouse.hub.audit.service.anchors import AnchorFile
from pilothouse.hub.audit.service.log import Audit, act_as, is_recorded, record, turns_out_to_be

__all__ = ["AnchorFile", "Audit", "act_as", "is_recorded", "record", "turns_out_to_be"]
