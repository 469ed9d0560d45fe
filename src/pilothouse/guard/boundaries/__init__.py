"""What the guard can hold a robot to: one configuration and one compiled boundary per kind."""

from pilothouse.guard.boundaries.boundary import Boundary, Moment
from pilothouse.guard.boundaries.catalog import BoundaryConfig, BoundaryKind, catalog
from pilothouse.guard.boundaries.compilation import compile_boundary
from pilothouse.guard.boundaries.problems import BoundaryDoesNotFit
from pilothouse.guard.boundaries.settings import BoundarySettings

__all__ = [
    "Boundary",
    "BoundaryConfig",
    "BoundaryDoesNotFit",
    "BoundaryKind",
    "BoundarySettings",
    "Moment",
    "catalog",
    "compile_boundary",
]
