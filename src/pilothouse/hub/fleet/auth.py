"""Who may ask for a robot's token."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from pilothouse.hub.identity import Caller, CallerKind
from pilothouse.hub.identity.auth import Allowed
from pilothouse.hub.identity.domain import ADMIN

RobotOrOperator = Annotated[
    Caller, Depends(Allowed(ADMIN, lambda caller: caller.may_decide or caller.kind == CallerKind.ROBOT))
]
"""A robot, by a token of its own, or an operator."""
