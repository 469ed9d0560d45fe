"""Who is calling, and the tokens they call with."""

from pilothouse.hub.identity.service.access import Access
from pilothouse.hub.identity.service.agents import AgentRegister
from pilothouse.hub.identity.service.callers import LOCAL_TOKEN_FILE, Identity
from pilothouse.hub.identity.service.tokens import Tokens

__all__ = ["LOCAL_TOKEN_FILE", "Access", "AgentRegister", "Identity", "Tokens"]
