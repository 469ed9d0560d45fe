"""Tokens of programs, as an operator makes and lists them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from pilothouse.wire.base import Message, Moment


class NewToken(Message):
    """A token for a program."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    scopes: list[Annotated[str, StringConstraints(max_length=100)]] = Field(
        default_factory=list, max_length=50, description="What it grants; none grants nothing"
    )
    expires_at: Moment | None = Field(None, description="When it ends; at the latest with its maker's own")
    repository: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        None, description="Good for debug sessions of this repository only"
    )
    session_id: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = Field(
        None, description="Good for this debug session only"
    )


class Token(Message):
    """What is known of a token; its secret is not kept."""

    id: str
    name: str
    prefix: str = Field(description="The part before the dot, by which its holder knows it")
    robot_id: str | None = Field(None, description="The one robot it speaks for")
    user_id: str | None = Field(None, description="The one person it speaks for")
    agent_id: str | None = Field(None, description="The one agent it speaks for")
    repository: str | None = Field(None, description="The one repository whose debug sessions it opens")
    session_id: str | None = Field(None, description="The one debug session it opens")
    scopes: list[str]
    created_at: Moment
    created_by: str
    expires_at: Moment | None = None
    last_used_at: Moment | None = Field(None, description="To the minute")
    revoked_at: Moment | None = None
    superseded_until: Moment | None = Field(
        None, description="Another has taken its place; it ends then, or when the other is first used"
    )
    active: bool


class MadeToken(Token):
    """A token that was just made: the only answer that holds it whole."""

    token: str


class TokenList(Message):
    items: list[Token]
    total: int
    limit: int
    offset: int
