"""Every way MJCF has of writing a chain is read as MuJoCo reads it; what cannot be followed is refused."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from pilothouse.guard.kinematics import (
    JointModel,
    RobotDescriptionUnusable,
    RobotModel,
    chain_from_mjcf,
    chain_from_urdf,
    compiled_forward,
    compiled_placing,
)

MASS = '<inertial pos="0 0 0" mass="1" diaginertia="1 1 1"/>'


def mjcf(body: str, *, compiler: str = "", before: str = "", after: str = "") -> str:
    return f"<mujoco><compiler {compiler}/>{before}<worldbody>{body}</worldbody>{after}</mujoco>"


WAYS = {
    "degrees": mjcf(f'<body name="a" euler="30 40 50"><joint name="j" axis="1 1 0" ref="20"/>{MASS}</body>'),
    "euler sequence": mjcf(
        f'<body name="a" euler="0.3 0.4 0.5"><joint name="j"/>{MASS}</body>', compiler='angle="radian" eulerseq="zYx"'
    ),
    "quaternion": mjcf(f'<body name="a" pos="1 2 3" quat="1 2 3 4"><joint name="j" pos=".1 .2 .3"/>{MASS}</body>'),
    "axis and angle": mjcf(f'<body name="a" axisangle="1 2 3 40"><joint name="j"/>{MASS}</body>'),
    "two axes": mjcf(f'<body name="a" xyaxes="1 2 0 0 1 1"><joint name="j"/>{MASS}</body>'),
    "an axis": mjcf(f'<body name="a" zaxis="1 2 -3"><joint name="j"/>{MASS}</body>'),
    "an axis downwards": mjcf(f'<body name="a" zaxis="0 0 -1"><joint name="j" axis="1 0 0"/>{MASS}</body>'),
    "frames": mjcf(
        '<frame pos="1 0 0" euler="0 30 0"><frame pos="0 1 0" quat="1 1 0 0">'
        f'<body name="a" pos="0 0 1" euler="0 0 20"><joint name="j"/>{MASS}</body></frame></frame>'
    ),
    "default classes": mjcf(
        f'<body name="b" childclass="arm">{MASS}<body name="a" pos="0 0 1"><joint name="j" class="wrist"/>{MASS}</body>'
        "</body>",
        before='<default><joint axis="0 1 0"/><default class="arm"><joint pos="0.1 0 0"/>'
        '<default class="wrist"><joint axis="1 0 0" ref="10"/></default></default></default>',
    ),
    "inherited class": mjcf(
        f'<body name="b" childclass="arm">{MASS}<body name="a" pos="0 0 1"><joint name="j"/>{MASS}</body></body>',
        before='<default><default class="arm"><joint axis="0 1 0" type="slide"/></default></default>',
    ),
    "several joints on one body": mjcf(
        '<body name="a" pos="1 0 0"><joint name="j" axis="1 0 0" pos="0 .3 0"/>'
        '<joint name="k" type="slide" axis="0 1 1"/>'
        f'<joint name="l" axis="0 0 1" pos=".2 0 0"/>{MASS}</body>'
    ),
}


@pytest.mark.parametrize("text", WAYS.values(), ids=WAYS)
def test_a_body_is_where_mujoco_says(text):
    model = mujoco.MjModel.from_xml_string(text)
    simulated = mujoco.MjData(model)
    names = [model.joint(number).name for number in range(model.njnt)]
    q = [0.3, -0.5, 0.7][: len(names)]
    simulated.qpos[:] = q
    mujoco.mj_kinematics(model, simulated)

    position, rotation = compiled_forward(chain_from_mjcf(text, names, tip="a"))(q)

    assert np.allclose(position, simulated.body("a").xpos, atol=1e-9)
    assert np.allclose(rotation, simulated.body("a").xmat, atol=1e-9)


def test_a_chain_may_begin_at_a_body_and_end_at_a_site():
    text = mjcf(
        f'<body name="base" pos="5 5 5" euler="10 20 30">{MASS}'
        f'<body name="a" pos="0 0 1"><joint name="j" axis="0 1 0"/>{MASS}'
        '<site name="tool" pos="0.1 0 0.2" euler="0 90 0"/></body></body>'
    )
    model = mujoco.MjModel.from_xml_string(text)
    simulated = mujoco.MjData(model)
    simulated.qpos[:] = 0.4
    mujoco.mj_kinematics(model, simulated)
    turn = simulated.body("base").xmat.reshape(3, 3)

    position, rotation = compiled_forward(chain_from_mjcf(text, ["j"], tip="tool", base="base"))([0.4])

    assert np.allclose(position, turn.T @ (simulated.site("tool").xpos - simulated.body("base").xpos), atol=1e-9)
    assert np.allclose(np.reshape(rotation, (3, 3)), turn.T @ simulated.site("tool").xmat.reshape(3, 3), atol=1e-9)


def test_a_joint_that_does_not_move_the_tip_has_zeros_in_the_jacobian():
    text = mjcf(
        f'<body name="left" pos="0 1 0"><joint name="l"/>{MASS}</body>'
        f'<body name="right" pos="1 0 0"><joint name="r" pos="1 0 0"/>{MASS}</body>'
    )

    _, _, rows = compiled_placing(chain_from_mjcf(text, ["l", "r"], tip="right"))([0.1, 0.2])

    assert [row[0] for row in rows] == [0.0] * 6
    assert rows[5][1] == 1.0


@pytest.mark.parametrize(
    ("text", "tip", "says"),
    [
        ("<mujoco", None, "is not XML"),
        ("<robot/>", None, "not 'mujoco'"),
        (mjcf(f'<body name="a"><joint name="j" type="ball"/>{MASS}</body>'), "a", "'j' is 'ball'"),
        (mjcf(f'<body name="a"><freejoint name="j"/>{MASS}</body>'), "a", "'j' is 'free'"),
        (mjcf(f'<body name="a"><joint name="k"/>{MASS}</body>'), "a", "has no joint 'j'"),
        (mjcf(f'<body name="a"><joint name="j"/><joint name="k"/>{MASS}</body>'), "a", "'k' moves the tip, but is not"),
        (mjcf(f'<body name="a"><joint name="j"/>{MASS}</body>'), "b", "no body or site 'b'"),
        (mjcf(f'<body name="a"><joint name="j" axis="0 0 0"/>{MASS}</body>'), "a", "length zero"),
        (mjcf(f'<body name="a" pos="0 0 nan"><joint name="j"/>{MASS}</body>'), "a", "not 3 finite numbers"),
        (mjcf('<include file="arm.xml"/>'), None, "<include> cannot be followed"),
        (
            mjcf(
                f'<body name="a"><joint name="j"/>{MASS}</body>',
                after='<equality><joint joint1="j" joint2="j"/></equality>',
            ),
            "a",
            "'j' is coupled to another",
        ),
        (
            mjcf(f'<body name="a"><joint name="j"/>{MASS}</body><body name="b"><joint name="j2"/></body>'),
            None,
            "name the tip",
        ),
    ],
)
def test_an_mjcf_that_cannot_be_followed_is_refused_with_a_reason(text, tip, says):
    with pytest.raises(RobotDescriptionUnusable, match="The MJCF cannot be used: ") as refused:
        chain_from_mjcf(text, ["j"], tip=tip)

    assert says in str(refused.value)


def urdf(*joints: str) -> str:
    return f"<robot name='r'>{''.join(joints)}</robot>"


def joint(name: str, parent: str, child: str, kind: str = "revolute", inside: str = "") -> str:
    return f"<joint name='{name}' type='{kind}'><parent link='{parent}'/><child link='{child}'/>{inside}</joint>"


@pytest.mark.parametrize(
    ("text", "tip", "says"),
    [
        ("robot", None, "is not XML"),
        ("<mujoco/>", None, "not 'robot'"),
        ("<robot/>", None, "has no joints"),
        (urdf(joint("j", "a", "b", inside="<mimic joint='k'/>")), None, "'j' mimics another"),
        (urdf(joint("j", "a", "b", "floating")), None, "'j' is 'floating'"),
        (urdf(joint("j", "a", "b"), joint("k", "b", "c")), None, "'k' moves the tip, but is not a joint of the robot"),
        (urdf(joint("k", "a", "b", "fixed")), None, "has no joint 'j'"),
        (urdf(joint("j", "a", "b"), joint("k", "a", "c", "fixed")), None, "it branches; name the tip, one of: b, c"),
        (urdf(joint("j", "a", "b")), "z", "no link 'z'"),
        (urdf(joint("j", "a", "b", inside="<axis xyz='0 0 0'/>")), None, "length zero"),
        (urdf(joint("j", "a", "b", inside="<origin xyz='0 0'/>")), None, "not three finite numbers"),
        (urdf(joint("j", "a", "b", inside="<origin rpy='0 0 inf'/>")), None, "not three finite numbers"),
        (urdf(joint("j", "b", "a"), joint("k", "a", "b", "fixed")), "a", "circle"),
        (urdf("<joint name='j' type='fixed'/>"), None, "lacks its parent or its child"),
    ],
)
def test_a_urdf_that_cannot_be_followed_is_refused_with_a_reason(text, tip, says):
    with pytest.raises(RobotDescriptionUnusable, match="The URDF cannot be used: ") as refused:
        chain_from_urdf(text, ["j"], tip=tip)

    assert says in str(refused.value)


def test_a_chain_is_of_the_robots_joints_in_their_order():
    chain = chain_from_urdf(urdf(joint("j", "a", "b")), ["j"])

    with pytest.raises(ValueError, match="other joints"):
        RobotModel("r", (JointModel("k", -1, 1),), chain=chain)
