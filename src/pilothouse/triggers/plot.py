"""A curve in a terminal, in braille: two dots by four in every character."""

from __future__ import annotations

import math
from collections.abc import Sequence

BLANK = 0x2800
# The bit of each dot of a braille character, by column and row.
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


def plot(
    samples: Sequence[tuple[float, float]],
    *,
    mark_at: float,
    limit: float | None = None,
    columns: int = 60,
    rows: int = 5,
) -> list[str]:
    """Lines with the curve of (time, value), its axis, the limit as a dotted line and a mark under a time.

    What is not finite leaves a gap. Empty when there are not two different times to draw between.
    """
    drawn = [(time, value) for time, value in samples if math.isfinite(value)]
    if len({time for time, _ in drawn}) < 2:
        return []
    heights = [value for _, value in drawn] + ([limit] if limit is not None else [])
    across = _Scale(min(time for time, _ in drawn), max(time for time, _ in drawn), columns * 2)
    up = _Scale(min(heights), max(heights), rows * 4)
    canvas = [[0] * columns for _ in range(rows)]
    _draw(canvas, _curve(drawn, across, up))
    if limit is not None:
        _draw(canvas, [(column, up.to_dot(limit)) for column in range(0, columns * 2, 4)])
    return [*_rows(canvas, up), *_axis(across, mark_at, columns, len(_label(up.low, up)))]


class _Scale:
    def __init__(self, low: float, high: float, dots: int) -> None:
        self.low = low
        self.high = high
        self._dots = dots
        # A flat curve has no span to scale by: it lies at the bottom. Halves, because a span can be over any float.
        self._half_span = (high / 2 - low / 2) or 1.0

    def to_dot(self, value: float) -> int:
        share = (value / 2 - self.low / 2) / self._half_span
        return round(min(max(share, 0.0), 1.0) * (self._dots - 1))


def _curve(drawn: Sequence[tuple[float, float]], across: _Scale, up: _Scale) -> list[tuple[int, int]]:
    """Every dot of the curve: in each column from the lowest to the highest value, joined to the column before."""
    columns: dict[int, list[int]] = {}
    for time, value in drawn:
        columns.setdefault(across.to_dot(time), []).append(up.to_dot(value))
    dots: list[tuple[int, int]] = []
    before: tuple[int, int] | None = None
    for column, heights in sorted(columns.items()):
        if before is not None:
            dots += _line(before, (column, heights[0]))
        dots += [(column, height) for height in range(min(heights), max(heights) + 1)]
        before = (column, heights[-1])
    return dots


def _line(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    return [
        (start[0] + round((end[0] - start[0]) * step / steps), start[1] + round((end[1] - start[1]) * step / steps))
        for step in range(steps + 1)
    ]


def _draw(canvas: list[list[int]], dots: list[tuple[int, int]]) -> None:
    height = len(canvas) * 4
    for column, dot in dots:
        row = height - 1 - dot
        canvas[row // 4][column // 2] |= DOTS[column % 2][row % 4]


def _label(value: float, up: _Scale) -> str:
    width = max(len(f"{up.low:.4g}"), len(f"{up.high:.4g}"))
    return f"{value:.4g}".rjust(width)


def _rows(canvas: list[list[int]], up: _Scale) -> list[str]:
    labels = {0: _label(up.high, up), len(canvas) - 1: _label(up.low, up)}
    empty = " " * len(labels[0])
    lines = []
    for number, row in enumerate(canvas):
        text = "".join(chr(BLANK + bits) if bits else " " for bits in row)
        lines.append(f"{labels.get(number, empty)} ┤{text}".rstrip())
    return lines


def _axis(across: _Scale, mark_at: float, columns: int, indent: int) -> list[str]:
    mark = across.to_dot(mark_at) // 2
    line = "".join("▲" if column == mark else "─" for column in range(columns))
    first, last = f"{across.low:.2f} s", f"{across.high:.2f} s"
    return [
        f"{' ' * indent} └{line}",
        f"{' ' * (indent + 2)}{first}{last.rjust(columns - len(first))}",
    ]
