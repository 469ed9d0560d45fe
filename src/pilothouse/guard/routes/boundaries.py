"""``/api/boundaries``: what holds, changed while it holds."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from pilothouse.guard.routes.access import Running, caller
from pilothouse.guard.runtime import Runtime
from pilothouse.guard.stackfile.base import Name
from pilothouse.kit.errors import Invalid

router = APIRouter(prefix="/api/boundaries", tags=["boundaries"])


class NameDiffers(Invalid):
    """The body names the boundary {given!r} and the address {name!r}; names do not change."""


class VersionUnreadable(Invalid):
    """If-Match is the version of the boundaries that was read, a whole number."""


class Boundary(BaseModel):
    """A boundary as the Stackfile writes it, with its name."""

    model_config = ConfigDict(extra="allow")

    name: str
    type: str


class BoundaryList(BaseModel):
    boundaries: list[Boundary]
    version: int = Field(description="Counts the changes made at run time; If-Match with it refuses a lost race")


class NamedBoundary(BaseModel):
    """Any keys of the boundary's kind; the Stackfile's own check says what is wrong with them."""

    model_config = ConfigDict(extra="allow")

    name: Name
    type: str = Field(max_length=100)


class BoundaryBody(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: str = Field(max_length=100)


Named = Annotated[str, Path(max_length=100)]
Matched = Annotated[str | None, Header(max_length=40, description="The version of the boundaries that was read")]


@router.get("", summary="List boundaries")
async def boundaries(runtime: Running, response: Response) -> BoundaryList:
    """Every boundary, with the version of all of them."""
    running = runtime.boundaries
    response.headers["ETag"] = f'"{running.version}"'
    found = [Boundary(name=name, **config) for name, config in running.all().items()]
    return BoundaryList(boundaries=found, version=running.version)


@router.get("/{name}", summary="Show a boundary")
async def boundary(runtime: Running, name: Named, response: Response) -> Boundary:
    """One boundary."""
    response.headers["ETag"] = f'"{runtime.boundaries.version}"'
    return Boundary(name=name, **runtime.boundaries.one(name))


@router.post("", summary="Add a boundary", status_code=201)
async def create_boundary(
    request: Request, runtime: Running, response: Response, body: NamedBoundary, if_match: Matched = None
) -> Boundary:
    """Add a boundary to the running engine, or leave all as it is and say why."""
    config = body.model_dump(exclude={"name"})
    made = await asyncio.to_thread(
        runtime.boundaries.create, body.name, config, version=_version(if_match), by=caller(request)
    )
    return _answer(runtime, response, body.name, made)


@router.put("/{name}", summary="Replace a boundary")
async def replace_boundary(
    request: Request, runtime: Running, response: Response, name: Named, body: BoundaryBody, if_match: Matched = None
) -> Boundary:
    """Exchange a boundary of the running engine, or leave all as it is and say why."""
    config = body.model_dump()
    given = config.pop("name", name)
    if given != name:
        raise NameDiffers(given=given, name=name)
    made = await asyncio.to_thread(
        runtime.boundaries.replace, name, config, version=_version(if_match), by=caller(request)
    )
    return _answer(runtime, response, name, made)


@router.delete("/{name}", summary="Take a boundary away", status_code=204)
async def remove_boundary(request: Request, runtime: Running, name: Named, if_match: Matched = None) -> None:
    """Take a boundary away; a task that would have none left keeps it."""
    await asyncio.to_thread(runtime.boundaries.remove, name, version=_version(if_match), by=caller(request))


def _answer(runtime: Runtime, response: Response, name: str, config: dict[str, Any]) -> Boundary:
    response.headers["ETag"] = f'"{runtime.boundaries.version}"'
    return Boundary(name=name, **config)


def _version(if_match: str | None) -> int | None:
    text = (if_match or "").strip().removeprefix("W/").strip('"')
    if not text or text == "*":
        return None
    if not (text.isascii() and text.isdigit()):
        raise VersionUnreadable
    return int(text)
