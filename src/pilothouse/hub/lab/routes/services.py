"""What every route of the lab takes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from pilothouse.hub.identity import Tokens
from pilothouse.hub.lab.service import Lab


async def _lab(connection: HTTPConnection) -> Lab:
    lab = connection.app.state.lab
    assert isinstance(lab, Lab)
    return lab


async def _tokens(connection: HTTPConnection) -> Tokens:
    tokens = connection.app.state.tokens
    assert isinstance(tokens, Tokens)
    return tokens


TheTokens = Annotated[Tokens, Depends(_tokens)]
TheLab = Annotated[Lab, Depends(_lab)]
SessionPath = Annotated[str, Path(max_length=40)]
CommandPath = Annotated[str, Path(max_length=40)]
RepositoryPath = Annotated[str, Path(max_length=100)]
FilePath = Annotated[str, Path(max_length=1_000)]
ArtifactPath = Annotated[str, Path(max_length=40)]
