"""Configurations: nothing extra, nothing infinite, nothing that cannot be held."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from pilothouse.guard.boundaries import BoundaryConfig, BoundaryDoesNotFit, catalog
from pilothouse.guard.model import Layer
from tests.support.guards import boundary, box_around

ADAPTER = TypeAdapter(BoundaryConfig)


def checked(observation, action, *, limit, names=()):
    return True


async def waiting(observation, action):
    return True


def test_the_catalog_knows_every_kind_of_every_layer():
    kinds = catalog()

    assert {one.layer for one in kinds} == set(Layer)
    assert len({one.type for one in kinds}) == len(kinds) == 23
    for one in kinds:
        assert one.description
        assert one.json_schema()["additionalProperties"] is False
        assert "fallback" in one.json_schema()["properties"]


@pytest.mark.parametrize(
    "config",
    [
        {"type": "joint_positon"},
        {"type": "joint_position", "lower": [0]},
        {"type": "joint_position", "lower_rad": [float("nan")]},
        {"type": "joint_position", "lower_rad": [float("-inf")] * 6},
        {"type": "joint_position", "lower_rad": [1], "upper_rad": [0]},
        {"type": "joint_position", "lower_rad": [1], "upper_rad": [2, 3]},
        {"type": "joint_velocity", "scale": 0},
        {"type": "joint_velocity", "scale": 1.5},
        {"type": "joint_velocity", "maximum_rad_s": [-1]},
        {"type": "workspace_box", "lower_m": [0, 0], "upper_m": [1, 1]},
        {"type": "workspace_box", "lower_m": [0, 0, 1], "upper_m": [1, 1, 1]},
        {"type": "workspace_box", **box_around(), "approach_gain": 0},
        {"type": "keep_out_spheres", "spheres": []},
        {"type": "keep_out_spheres", "spheres": [{"center_m": [0, 0, 0], "radius_m": 0}]},
        {"type": "orientation_limit", "base_axis": [0, 0, 0], "maximum_angle_rad": 1},
        {"type": "orientation_limit", "base_axis": [0, 0, 1], "maximum_angle_rad": 4},
        {"type": "link_distance", "links": [{"link": "a", "from_m": [0, 0, 0], "radius_m": 1}]},
        {"type": "sequence", "nodes": []},
        {"type": "sequence", "nodes": [{"name": "a"}, {"name": "b"}]},
        {"type": "sequence", "nodes": [{"name": "a", "goal_m": [0, 0, 0]}, {"name": "a"}]},
        {"type": "sequence", "nodes": [{"name": "a"}], "repeat": True},
        {"type": "callback", "function": "no colon"},
        {"type": "callback", "function": "a:b", "budget_ms": 0},
        {"type": "voltage", "channels": ["a"], "minimum_v": 2, "maximum_v": 1},
        {"type": "temperature", "channels": [], "maximum_c": 1},
        {"type": "force_torque"},
        {"type": "force_torque", "force_channels": ["a"]},
        {"type": "host_health"},
        {"type": "host_health", "maximum_cpu_percent": None},
        {"type": "memory_bank", "maximum_distance": 1},
        {"type": "memory_bank", "maximum_distance": 1, "vectors": [[1], [1, 2]], "neighbours": 1},
        {"type": "memory_bank", "maximum_distance": 1, "vectors": [[1]], "neighbours": 2},
        {"type": "running_z_score", "warm_up": 1},
    ],
)
def test_what_cannot_be_held_is_not_a_configuration(config):
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(config)


@pytest.mark.parametrize(
    ("function", "parameters", "says"),
    [
        ("checked", {"limit": 1}, None),
        ("checked", {"limit": 1, "names": ["a"]}, None),
        ("checked", {}, "missing a required.* 'limit'"),
        ("checked", {"limt": 1}, "did you mean 'limit'"),
        ("checked", {"limit": 1, "extra": 2}, "unexpected keyword argument 'extra'"),
        ("cheked", {}, "did you mean 'checked'"),
        ("waiting", {}, "is async"),
        ("ADAPTER", {}, "is not a function"),
    ],
)
def test_a_callback_is_checked_against_its_signature_when_it_is_loaded(function, parameters, says):
    config = {"type": "callback", "function": f"{__name__}:{function}", "parameters": parameters}
    if says is None:
        boundary("own", **config)
        return
    with pytest.raises(BoundaryDoesNotFit, match=says):
        boundary("own", **config)


def test_a_callback_in_a_module_that_is_not_there_does_not_compile():
    with pytest.raises(BoundaryDoesNotFit, match="cannot be imported"):
        boundary("own", type="callback", function="no_such_module:function")


def test_no_limit_reaches_beyond_the_robot():
    wide = boundary("wide", type="joint_position", lower_rad=[-9] * 6, upper_rad=[9] * 6)
    fast = boundary("fast", type="joint_velocity", maximum_rad_s=[9] * 6)

    assert (wide.lower, wide.upper, fast.maximum) == ((-3.0,) * 6, (3.0,) * 6, (2.0,) * 6)
