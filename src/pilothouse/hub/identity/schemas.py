"""What the routes of tokens take and answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from pilothouse.hub.identity.domain import SCOPES

_GRANTS = "; ".join(f"`{scope}`: {grants}" for scope, grants in SCOPES.items())


class NewToken(BaseModel):
    """A token for a program."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    scopes: list[Annotated[str, StringConstraints(max_length=100)]] = Field(
        default_factory=list, max_length=50, description=f"What it grants; none grants nothing. {_GRANTS}"
    )
    expires_at: AwareDatetime | None = Field(None, description="When it ends; at the latest with its maker's own")


class Token(BaseModel):
    """What is known of a token; its secret is not kept."""

    id: str
    name: str
    prefix: str = Field(description="The part before the dot, by which its holder knows it")
    robot_id: str | None = Field(None, description="The one robot it speaks for")
    scopes: list[str]
    created_at: AwareDatetime
    created_by: str
    expires_at: AwareDatetime | None = None
    last_used_at: AwareDatetime | None = Field(None, description="To the minute")
    revoked_at: AwareDatetime | None = None
    superseded_until: AwareDatetime | None = Field(
        None, description="Another has taken its place; it ends then, or when the other is first used"
    )
    active: bool


class MadeToken(Token):
    """A token that was just made: the only answer that holds it whole."""

    token: str


class TokenList(BaseModel):
    items: list[Token]
    total: int
    limit: int
    offset: int
