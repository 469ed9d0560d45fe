"""The kind ``path_deviation``: a robot leaves the path it should be on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from pilothouse.triggers.field_path import MISSING, FieldPath, FieldPathText
from pilothouse.triggers.kinds.limit import Limit, Operator, as_number
from pilothouse.triggers.rule import HeldConfig, JudgingRule, Number, Size, Topic
from pilothouse.wire import TriggerFired

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

AXES = ("x", "y", "z")
Point = Annotated[tuple[Number, ...], Field(min_length=2, max_length=3)]


class PathDeviationConfig(HeldConfig):
    """Fires when the pose is further than ``limit_m`` from the path, given here or by a topic."""

    kind: Literal["path_deviation"] = "path_deviation"
    topic: Topic = Field(description="The topic of the pose")
    field: FieldPathText = Field("pose.position", description="Where the object with x, y and z stands")
    limit_m: Size = Field(description="The largest distance that is fine, in the unit of the pose")
    path: Annotated[tuple[Point, ...], Field(min_length=1, max_length=10_000)] | None = Field(
        None, description="The corners of the path, [x, y] or [x, y, z]"
    )
    path_topic: Topic | None = Field(None, description="The topic whose last message is the path, instead of path")
    path_field: FieldPathText = Field("poses", description="Where the list of points stands in it")
    point_field: FieldPathText = Field("pose.position", description="Where x, y and z stand in one of its points")
    dimensions: Literal[2, 3] = Field(2, description="2 looks from above, 3 heeds z")
    hysteresis: Size = Field(0.0, description="An excursion ends only this much nearer than limit_m")

    @model_validator(mode="after")
    def _there_is_one_path(self) -> Self:
        if (self.path is None) == (self.path_topic is None):
            raise ValueError("a path comes from path or from path_topic; give one of them")
        if self.path and any(len(point) < self.dimensions for point in self.path):
            raise ValueError("with dimensions 3, every point of path needs x, y and z")
        return self

    @property
    def condition(self) -> str:
        path = self.path_topic or f"a path of {len(self.path or ())} points"
        return f"{self.topic}.{self.field} further than {self.limit_m:.12g} from {path}{self.held}"


class PathDeviation(JudgingRule):
    """A :class:`PathDeviationConfig` with its memory.

    Before there is a path, and with an empty one, nothing is measured. A position or a path with something that is no
    number is off every path.
    """

    def __init__(self, config: PathDeviationConfig) -> None:
        super().__init__(config, [config.topic, *([config.path_topic] if config.path_topic else [])])
        self.config = config
        self._axes = AXES[: config.dimensions]
        self._nowhere = (math.nan,) * config.dimensions
        self._position = FieldPath(config.field)
        self._points = FieldPath(config.path_field)
        self._point = FieldPath(config.point_field)
        self._limit = Limit(Operator.GT, config.limit_m, config.hysteresis)
        self._path = Polyline([point[: config.dimensions] for point in config.path]) if config.path else None

    def observe(self, topic: str, log_time_ns: int, decoded: object) -> TriggerFired | None:
        if topic == self.config.path_topic:
            self._take_path(decoded)
            if topic != self.config.topic:
                return None
        position = self._coordinates(self._position.find(decoded))
        if position is None:
            self.nothing_measured()
            return None
        return self._judge(topic, log_time_ns, position) if self._path else None

    def _judge(self, topic: str, time_ns: int, position: Sequence[float]) -> TriggerFired | None:
        assert self._path is not None
        measured = self.measured = self._path.distance_to(position)
        violated = self._limit.is_violated(measured, lasting=self.excursion.lasts(time_ns))
        if not self.excursion.observe(time_ns, violated=violated):
            return None
        return self.fired(time_ns, topic=topic, field=self.config.field, op="gt", threshold=self.config.limit_m)

    def _take_path(self, decoded: object) -> None:
        found = self._points.find(decoded)
        if not isinstance(found, Sequence) or isinstance(found, str | bytes):
            self.nothing_measured()
            return
        corners = [self._coordinates(self._point.find(one)) or self._nowhere for one in found]
        self._path = Polyline(corners) if corners else None

    def _coordinates(self, found: object) -> Sequence[float] | None:
        """x, y and perhaps z; what is no number is NaN, and None stands for coordinates that are not there."""
        if found is MISSING:
            return None
        if isinstance(found, Mapping):
            present = all(axis in found for axis in self._axes)
            return [as_number(found[axis]) for axis in self._axes] if present else None
        try:
            listed = [] if isinstance(found, str | bytes) else list(found)[: len(self._axes)]  # type: ignore[call-overload]
        except TypeError:
            return self._nowhere
        return [as_number(one) for one in listed] if len(listed) == len(self._axes) else self._nowhere


class Polyline:
    """Straight lines between points; numpy is imported by the first one."""

    __slots__ = ("_alongs", "_lengths", "_quiet", "_starts")

    def __init__(self, points: Sequence[Sequence[float]]) -> None:
        import numpy

        # Infinite and huge coordinates end as NaN or infinity, both of which are too far.
        self._quiet = numpy.errstate
        with self._quiet(all="ignore"):
            corners: NDArray[float64] = numpy.asarray(points, dtype=float)
            self._starts = corners[:-1] if len(corners) > 1 else corners
            self._alongs = corners[1:] - corners[:-1] if len(corners) > 1 else numpy.zeros_like(corners)
            squared = (self._alongs**2).sum(axis=1)
            # A line between two equal points is that point; anything but 0 gives it without dividing by 0.
            self._lengths = numpy.where(squared == 0.0, 1.0, squared)

    def distance_to(self, point: Sequence[float]) -> float:
        """The distance of the nearest place on the line; NaN when any coordinate is no number."""
        with self._quiet(all="ignore"):
            offsets = point - self._starts
            shares = ((offsets * self._alongs).sum(axis=1) / self._lengths).clip(0.0, 1.0)
            squared = ((offsets - shares[:, None] * self._alongs) ** 2).sum(axis=1)
            return math.sqrt(squared.min())
