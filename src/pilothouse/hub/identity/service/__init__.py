"""Who is calling, in which organization, and what they call with."""

from pilothouse.hub.identity.service.access import Access
from pilothouse.hub.identity.service.agents import AgentRegister
from pilothouse.hub.identity.service.callers import LOCAL_TOKEN_FILE, Identity, Presented
from pilothouse.hub.identity.service.everything import IdentityServices, build_services
from pilothouse.hub.identity.service.tokens import Tokens

__all__ = [
    "LOCAL_TOKEN_FILE",
    "Access",
    "AgentRegister",
    "Identity",
    "IdentityServices",
    "Presented",
    "Tokens",
    "build_services",
]
