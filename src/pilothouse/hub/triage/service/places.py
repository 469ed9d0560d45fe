"""Boards that incidents can come to."""

from __future__ import annotations

from pilothouse.hub.identity.domain import HOME
from pilothouse.hub.memory import Place
from pilothouse.hub.triage.domain import NoFleetHere


def board_of(place: Place) -> str:
    assert place.board_id is not None
    return place.board_id


def board_at_home(place: Place) -> str:
    if place.organization_id != HOME:
        raise NoFleetHere
    return board_of(place)
