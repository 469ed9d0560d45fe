"""Who changed what: an append-only, hash-chained log, and the proof that nothing was taken out of it."""

from pilothouse.hub.audit.domain import Actor
from pilothouse.hub.audit.repository import Sought
from pilothouse.hub.audit.service import AnchorFile, Audit, act_as, is_recorded, record, turns_out_to_be

__all__ = ["Actor", "AnchorFile", "Audit", "Sought", "act_as", "is_recorded", "record", "turns_out_to_be"]
