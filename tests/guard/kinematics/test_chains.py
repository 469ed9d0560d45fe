"""Our straight-line code against MuJoCo and yourdfpy, on chains at random."""

from __future__ import annotations

import io

import mujoco
import numpy as np
import pytest
import yourdfpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.guard.kinematics import (
    ChainDoesNotFit,
    chain_from_mjcf,
    chain_from_urdf,
    compiled_forward,
    compiled_links,
    compiled_placing,
)
from tests.support.chains import as_mjcf, as_urdf, chains, joints_of

several = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
vectors = st.lists(st.floats(-3.2, 3.2), min_size=7, max_size=7)


@several
@given(chains, vectors)
def test_an_mjcf_chain_is_where_mujoco_says(chain, vector):
    names = joints_of(chain)
    q, tip = vector[: len(names)], f"l{len(chain) - 1}"
    model = mujoco.MjModel.from_xml_string(as_mjcf(chain))
    simulated = mujoco.MjData(model)
    simulated.qpos[:] = q
    mujoco.mj_kinematics(model, simulated)
    mujoco.mj_comPos(model, simulated)
    linear, angular = np.zeros((3, model.nv)), np.zeros((3, model.nv))
    mujoco.mj_jacBody(model, simulated, linear, angular, simulated.body(tip).id)

    ours = chain_from_mjcf(as_mjcf(chain), names, tip=tip)
    position, rotation, jacobian = compiled_placing(ours)(q)

    assert np.allclose(position, simulated.body(tip).xpos, atol=1e-9)
    assert np.allclose(rotation, simulated.body(tip).xmat, atol=1e-9)
    assert np.allclose(jacobian, np.vstack([linear, angular]), atol=1e-9)
    assert compiled_forward(ours)(q) == (position, rotation)


@several
@given(chains, vectors)
def test_a_urdf_chain_is_where_yourdfpy_says(chain, vector):
    names = joints_of(chain)
    q, tip = vector[: len(names)], f"l{len(chain) - 1}"
    peer = yourdfpy.URDF.load(io.StringIO(as_urdf(chain)), build_scene_graph=True, load_meshes=False)
    peer.update_cfg(dict(zip(names, q, strict=True)))
    there = peer.get_transform(tip, "base")

    position, rotation = compiled_forward(chain_from_urdf(as_urdf(chain), names, tip=tip))(q)

    assert np.allclose(position, there[:3, 3], atol=1e-7)
    assert np.allclose(np.reshape(rotation, (3, 3)), there[:3, :3], atol=1e-7)


@several
@given(chains, vectors)
def test_the_jacobian_is_the_derivative(chain, vector):
    names = joints_of(chain)
    q = np.array(vector[: len(names)])
    ours = chain_from_urdf(as_urdf(chain), names)
    forward, place = compiled_forward(ours), compiled_placing(ours)
    step = 1e-6

    jacobian = np.array(place(q.tolist())[2])

    for column in range(len(names)):
        shift = np.eye(len(names))[column] * step
        after, before = forward((q + shift).tolist()), forward((q - shift).tolist())
        assert np.allclose(jacobian[:3, column], (np.array(after[0]) - before[0]) / (2 * step), atol=1e-6)


@several
@given(chains, vectors)
def test_every_link_on_the_way_is_where_mujoco_says(chain, vector):
    names = joints_of(chain)
    q, links = vector[: len(names)], [f"l{number}" for number in range(len(chain))]
    model = mujoco.MjModel.from_xml_string(as_mjcf(chain))
    simulated = mujoco.MjData(model)
    simulated.qpos[:] = q
    mujoco.mj_kinematics(model, simulated)

    frames, axes = compiled_links(chain_from_mjcf(as_mjcf(chain), names, tip=links[-1]), links)(q)

    for link, (position, rotation) in zip(links, frames, strict=True):
        assert np.allclose(position, simulated.body(link).xpos, atol=1e-9)
        assert np.allclose(rotation, simulated.body(link).xmat, atol=1e-9)
    for name, axis in zip(names, axes, strict=True):
        assert np.allclose(axis[0], simulated.joint(name).xaxis, atol=1e-9)


def test_a_link_the_chain_does_not_have_is_named():
    ours = chain_from_urdf(
        "<robot name='r'><link name='a'/><joint name='j' type='revolute'><parent link='a'/><child link='b'/></joint>"
        "</robot>",
        ["j"],
    )

    with pytest.raises(ChainDoesNotFit, match="no link 'c'; there are: b"):
        compiled_links(ours, ["c"])
