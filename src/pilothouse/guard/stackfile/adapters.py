"""Where observations come from, who decides what to do, and where actions go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag

from pilothouse.guard.stackfile.base import Name, Number, Positive, Rate, Seconds, Section
from pilothouse.guard.stackfile.plugins import installed
from pilothouse.guard.stackfile.yours import (
    PLUGIN,
    PluginConfig,
    PluginPolicyConfig,
    PythonPolicyConfig,
    PythonSinkConfig,
    PythonSourceConfig,
)

Topic = Annotated[str, Field(min_length=1, max_length=500)]
World = Annotated[Name, Field(description="Adapters that name the same world share one robot")]
Positions = Annotated[tuple[Number, ...], Field(min_length=1, max_length=64)]


def _several(texts: Any) -> Any:
    """One is written as it is."""
    return (texts,) if isinstance(texts, str) else texts


Endpoints = Annotated[tuple[Topic, ...], BeforeValidator(_several)]


class CameraConfig(Section):
    """A simulated camera."""

    width: Annotated[int, Field(ge=16, le=1920)] = Field(320, description="Pixels")
    height: Annotated[int, Field(ge=16, le=1080)] = Field(240, description="Pixels")
    rate_hz: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)] = Field(10.0, description="Frames per second")
    quality: Annotated[int, Field(ge=1, le=95)] = Field(75, description="Of the JPEG")


class SimSourceConfig(Section):
    """The simulated arm: joints with dynamics, gripper, hardware channels, cameras."""

    type: Literal["sim"] = "sim"
    world: World = "sim"
    seed: Annotated[int, Field(ge=0, le=2**32)] = Field(0, description="Of its noise: the same seed, the same noise")
    noise_rad: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = Field(
        0.0, description="Standard deviation of what the joints' sensors add"
    )
    start: Positions | None = Field(None, description="Joint positions at the start; the middle of each when absent")
    cameras: dict[Name, CameraConfig] = Field(default_factory=dict, max_length=8, description="Cameras by name")


class SimSinkConfig(Section):
    """Moves the simulated arm."""

    type: Literal["sim"] = "sim"
    world: World = "sim"


Misbehaviour = Literal["none", "jump", "overreach", "nan", "partial", "late", "crash", "mixed"]


class SimPolicyConfig(Section):
    """Swings every joint to and fro around the middle of its range; misbehaves on request."""

    type: Literal["sim"] = "sim"
    reach: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = Field(
        0.3, description="Share of each joint's range it swings over"
    )
    period_s: Annotated[float, Field(gt=0.1, le=3600, allow_inf_nan=False)] = Field(8.0, description="Of one swing")
    misbehave: Misbehaviour = Field(
        "none", description="What it does wrong: a jump, a target out of reach, NaN, too few joints, an answer too late"
    )
    misbehave_every_s: Positive = Field(10.0, description="How often it does")
    misbehave_for_s: Seconds = Field(0.2, description="For how long")


class MujocoSourceConfig(Section):
    """An arm in MuJoCo; needs the extra mujoco."""

    type: Literal["mujoco"] = "mujoco"
    world: World = "mujoco"
    mjcf: Path | None = Field(None, description="The model, relative to the Stackfile; an arm of our own when absent")
    site: str | None = Field(None, description="The site at the tool; the model's last one when absent")


class MujocoSinkConfig(Section):
    """Moves the arm in MuJoCo, whose position actuators have the names of the joints."""

    type: Literal["mujoco"] = "mujoco"
    world: World = "mujoco"


class ReplaySourceConfig(Section):
    """What a recording observed, as if it happened now."""

    type: Literal["replay"] = "replay"
    world: World = "replay"
    path: Path = Field(description="The .mcap file, relative to the Stackfile")
    joint_states: Topic | None = Field(
        None, description="A topic of sensor_msgs/JointState; the guard's own /dam/obs and /dam/action when absent"
    )
    actions: Topic | None = Field(
        None,
        description="A topic of JointTrajectory or JointState that was asked for; the next joint state when absent",
    )
    gripper_joint: str | None = Field(None, description="The joint in these topics that is the gripper")
    speed: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = Field(
        1.0, description="4 is four times as fast"
    )
    loop: bool = Field(False, description="Start again at the end; otherwise the last observation grows old")


class ReplayPolicyConfig(Section):
    """What the recording of a replay source asked for, when it was asked for."""

    type: Literal["replay"] = "replay"
    world: World = "replay"


class DiscardSinkConfig(Section):
    """Takes actions and does nothing with them: for replays and trials."""

    type: Literal["discard"] = "discard"


class _ZenohConfig(Section):
    connect: Endpoints = Field((), description="Endpoints to connect to, as tcp/HOST:7447")
    listen: Endpoints = Field((), description="Endpoints to listen on")
    mode: Literal["peer", "client"] = Field("peer", description="A client reaches everything through one router")
    multicast: bool = Field(True, description="Look for peers and routers on the local network")
    ros_domain_id: Annotated[int, Field(ge=0, le=232)] = Field(0, description="The ROS domain")
    config_file: Path | None = Field(None, description="A Zenoh configuration, for TLS and access control")


class ZenohSourceConfig(_ZenohConfig):
    """Joint states of a ROS 2 robot that runs rmw_zenoh; needs the extra zenoh."""

    type: Literal["zenoh"] = "zenoh"
    joint_states: Topic = Field("/joint_states", description="sensor_msgs/JointState")
    images: dict[Name, Topic] = Field(
        default_factory=dict, max_length=8, description="sensor_msgs/CompressedImage (JPEG) topics by camera"
    )
    channels: dict[str, Topic] = Field(
        default_factory=dict, max_length=64, description="std_msgs/Float64 topics by hardware channel"
    )
    gripper_joint: str | None = Field(None, description="The joint in joint_states that is the gripper")
    efforts: bool = Field(False, description="Make each joint's effort the channel JOINT.effort")


class ZenohPolicyConfig(_ZenohConfig):
    """Takes what a ROS 2 policy publishes as the action; the guard passes on what may be done."""

    type: Literal["zenoh"] = "zenoh"
    trajectory: Topic = Field(
        description="trajectory_msgs/JointTrajectory that the policy publishes; its last point counts"
    )
    max_age_s: Annotated[Seconds, Field(gt=0)] = Field(0.5, description="An older command is none")
    gripper_joint: str | None = Field(None, description="The joint in the trajectory that is the gripper")


class ZenohSinkConfig(_ZenohConfig):
    """Commands a ROS 2 joint trajectory controller that runs rmw_zenoh; needs the extra zenoh."""

    type: Literal["zenoh"] = "zenoh"
    trajectory: Topic = Field(
        "/joint_trajectory_controller/joint_trajectory", description="trajectory_msgs/JointTrajectory"
    )
    horizon_s: Annotated[Seconds, Field(gt=0)] = Field(0.05, description="When each target is to be reached")
    emergency_stop: Topic = Field(
        "/emergency_stop", description="std_msgs/Bool that is set true: the robot's own stop should listen to it"
    )
    gripper_joint: str | None = Field(None, description="The joint in the trajectory that is the gripper")


class GymnasiumSourceConfig(Section):
    """An environment of Gymnasium; needs the extra gymnasium. Its sink steps it."""

    type: Literal["gymnasium"] = "gymnasium"
    world: World = "gymnasium"
    env: str = Field(min_length=1, max_length=200, description="Id of the environment, as MODULE:ID or ID")
    options: dict[str, Any] = Field(default_factory=dict, max_length=64, description="Passed to gymnasium.make")
    seed: Annotated[int, Field(ge=0, le=2**31)] = Field(0, description="Of its first reset")
    positions: Annotated[tuple[Annotated[int, Field(ge=0, le=100_000)], ...], Field(min_length=1, max_length=64)] = (
        Field(description="Which numbers of its observation are the joint positions, in the order of the joints")
    )
    velocities: Annotated[tuple[Annotated[int, Field(ge=0, le=100_000)], ...], Field(max_length=64)] | None = Field(
        None, description="Which are the joint velocities"
    )
    features: bool = Field(True, description="Hand the whole observation to out-of-distribution boundaries")


class GymnasiumSinkConfig(Section):
    """Steps the environment with each action."""

    type: Literal["gymnasium"] = "gymnasium"
    world: World = "gymnasium"


class LeRobotSourceConfig(Section):
    """A robot of LeRobot. Install lerobot yourself."""

    type: Literal["lerobot"] = "lerobot"
    world: World = "lerobot"
    robot: str = Field(min_length=1, max_length=100, description="Its type in LeRobot, as so101_follower")
    options: dict[str, Any] = Field(default_factory=dict, max_length=64, description="Its configuration: port, id, …")
    degrees: bool = Field(True, description="LeRobot's joint positions are degrees; otherwise radians")
    gripper_joint: str | None = Field("gripper", description="Which of its motors is the gripper")
    gripper_scale: Positive = Field(100.0, description="The gripper position in LeRobot that is upper_m")
    rate_hz: Rate = Field(60.0, description="How often it is asked")


class LeRobotSinkConfig(Section):
    """Moves a robot of LeRobot."""

    type: Literal["lerobot"] = "lerobot"
    world: World = "lerobot"


def _kind_of(kind: str, union: Any) -> Callable[[Any], str | None]:
    """Which model a configuration is: one of ours by its type, that of a plugin when there is an entry point."""
    own = {tag.tag for member in get_args(union) for tag in get_args(member)[1:]}

    def kind_of(given: Any) -> str | None:
        name = given.get("type") if isinstance(given, dict) else getattr(given, "type", None)
        if not isinstance(name, str):
            return None
        return PLUGIN if name not in own and name in installed(kind) else name

    return kind_of


_Sources = (
    Annotated[SimSourceConfig, Tag("sim")]
    | Annotated[MujocoSourceConfig, Tag("mujoco")]
    | Annotated[ReplaySourceConfig, Tag("replay")]
    | Annotated[ZenohSourceConfig, Tag("zenoh")]
    | Annotated[PythonSourceConfig, Tag("python")]
    | Annotated[GymnasiumSourceConfig, Tag("gymnasium")]
    | Annotated[LeRobotSourceConfig, Tag("lerobot")]
    | Annotated[PluginConfig, Tag(PLUGIN)]
)
_Policies = (
    Annotated[SimPolicyConfig, Tag("sim")]
    | Annotated[ReplayPolicyConfig, Tag("replay")]
    | Annotated[ZenohPolicyConfig, Tag("zenoh")]
    | Annotated[PythonPolicyConfig, Tag("python")]
    | Annotated[PluginPolicyConfig, Tag(PLUGIN)]
)
_Sinks = (
    Annotated[SimSinkConfig, Tag("sim")]
    | Annotated[MujocoSinkConfig, Tag("mujoco")]
    | Annotated[DiscardSinkConfig, Tag("discard")]
    | Annotated[ZenohSinkConfig, Tag("zenoh")]
    | Annotated[PythonSinkConfig, Tag("python")]
    | Annotated[GymnasiumSinkConfig, Tag("gymnasium")]
    | Annotated[LeRobotSinkConfig, Tag("lerobot")]
    | Annotated[PluginConfig, Tag(PLUGIN)]
)
SourceConfig = Annotated[_Sources, Discriminator(_kind_of("sources", _Sources))]
PolicyConfig = Annotated[_Policies, Discriminator(_kind_of("policies", _Policies))]
SinkConfig = Annotated[_Sinks, Discriminator(_kind_of("sinks", _Sinks))]
