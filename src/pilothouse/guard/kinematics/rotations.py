"""Rotations in plain floats: matrices of nine row by row, quaternions as x, y, z, w, angles in radians."""

from __future__ import annotations

import math

Vector = tuple[float, float, float]
Matrix = tuple[float, float, float, float, float, float, float, float, float]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
ORIGIN: Vector = (0.0, 0.0, 0.0)

_STRAIGHT = 1e-12


def product(a: Matrix, b: Matrix) -> Matrix:
    """First ``b``, then ``a``."""
    a0, a1, a2, a3, a4, a5, a6, a7, a8 = a
    b0, b1, b2, b3, b4, b5, b6, b7, b8 = b
    return (
        a0 * b0 + a1 * b3 + a2 * b6,
        a0 * b1 + a1 * b4 + a2 * b7,
        a0 * b2 + a1 * b5 + a2 * b8,
        a3 * b0 + a4 * b3 + a5 * b6,
        a3 * b1 + a4 * b4 + a5 * b7,
        a3 * b2 + a4 * b5 + a5 * b8,
        a6 * b0 + a7 * b3 + a8 * b6,
        a6 * b1 + a7 * b4 + a8 * b7,
        a6 * b2 + a7 * b5 + a8 * b8,
    )


def turned(m: Matrix, v: Vector) -> Vector:
    """The vector, rotated."""
    x, y, z = v
    return (m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z, m[6] * x + m[7] * y + m[8] * z)


def transposed(m: Matrix) -> Matrix:
    """The inverse of a rotation."""
    return (m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8])


def plus(a: Vector, b: Vector) -> Vector:
    """The sum."""
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def scaled(v: Vector, by: float) -> Vector:
    """The vector, so many times as long."""
    return (v[0] * by, v[1] * by, v[2] * by)


def dot(a: Vector, b: Vector) -> float:
    """The scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """The vector product, right-handed."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def unit(v: Vector) -> Vector:
    """The direction of a vector that has one; raises ValueError for zero."""
    length = math.sqrt(dot(v, v))
    if not length > _STRAIGHT:
        raise ValueError("a direction of length zero")
    return scaled(v, 1 / length)


def about(axis: Vector, angle: float) -> Matrix:
    """The rotation about a unit axis, right-handed."""
    x, y, z = axis
    c, s = math.cos(angle), math.sin(angle)
    t = 1 - c
    return (
        t * x * x + c,
        t * x * y - s * z,
        t * x * z + s * y,
        t * x * y + s * z,
        t * y * y + c,
        t * y * z - s * x,
        t * x * z - s * y,
        t * y * z + s * x,
        t * z * z + c,
    )


def from_quaternion(x: float, y: float, z: float, w: float) -> Matrix:
    """The rotation of a quaternion of any length; raises ValueError for zero."""
    n = x * x + y * y + z * z + w * w
    if not n > _STRAIGHT:
        raise ValueError("a quaternion of length zero")
    s = 2 / n
    return (
        1 - s * (y * y + z * z),
        s * (x * y - z * w),
        s * (x * z + y * w),
        s * (x * y + z * w),
        1 - s * (x * x + z * z),
        s * (y * z - x * w),
        s * (x * z - y * w),
        s * (y * z + x * w),
        1 - s * (x * x + y * y),
    )


def from_rpy(roll: float, pitch: float, yaw: float) -> Matrix:
    """URDF's roll, pitch, yaw: about the fixed x, then y, then z."""
    around_x, around_y, around_z = about((1, 0, 0), roll), about((0, 1, 0), pitch), about((0, 0, 1), yaw)
    return product(around_z, product(around_y, around_x))


def from_columns(x: Vector, y: Vector, z: Vector) -> Matrix:
    """The rotation that takes the axes there."""
    return (x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2])


def taking_z_to(axis: Vector) -> Matrix:
    """A rotation that takes z to a unit axis, with as many zeros and ones as possible."""
    x, y, z = axis
    if abs(x) < _STRAIGHT and abs(y) < _STRAIGHT:
        return IDENTITY if z > 0 else (1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, -1.0)
    helper: Vector = (0.0, 0.0, 1.0) if abs(z) < _STRAIGHT else (1.0, 0.0, 0.0) if abs(x) < 0.9 else (0.0, 1.0, 0.0)
    first = unit(cross(helper, axis))
    return from_columns(first, cross(axis, first), axis)
