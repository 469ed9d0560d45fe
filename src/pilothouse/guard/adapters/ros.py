"""The few ROS 2 messages a guard speaks, as CDR, by rosbags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

JOINT_STATE = "sensor_msgs/msg/JointState"
JOINT_TRAJECTORY = "trajectory_msgs/msg/JointTrajectory"
COMPRESSED_IMAGE = "sensor_msgs/msg/CompressedImage"
FLOAT64 = "std_msgs/msg/Float64"
BOOL = "std_msgs/msg/Bool"


class RosMessages:
    """Reads and writes messages of the newest release's definitions."""

    def __init__(self) -> None:
        from rosbags.typesys import Stores, get_typestore

        self._store = get_typestore(Stores.LATEST)

    def type_hash(self, type_name: str) -> str:
        """As rmw_zenoh writes it into keys."""
        return str(self._store.hash_rihs01(type_name))

    def read(self, type_name: str, content: bytes) -> Any:
        """The message; raises whatever rosbags does for what is none."""
        return self._store.deserialize_cdr(content, type_name)

    def joint_state(self, content: bytes) -> dict[str, Any]:
        """A JointState as a mapping."""
        message = self.read(JOINT_STATE, content)
        stamp = message.header.stamp
        return {
            "header": {"stamp": {"sec": stamp.sec, "nanosec": stamp.nanosec}},
            "name": message.name,
            "position": message.position.tolist(),
            "velocity": message.velocity.tolist(),
            "effort": message.effort.tolist(),
        }

    def trajectory(self, content: bytes) -> dict[str, Any]:
        """A JointTrajectory as a mapping."""
        message = self.read(JOINT_TRAJECTORY, content)
        points = [{"positions": one.positions.tolist()} for one in message.points]
        return {"joint_names": message.joint_names, "points": points}

    def write_trajectory(self, targets: Mapping[str, float], horizon_s: float) -> bytes:
        """A JointTrajectory of one point, to be reached in ``horizon_s``. Its stamp is 0: begin when it arrives."""
        import numpy as np

        types = self._store.types
        none = np.zeros(0)
        seconds, rest = divmod(horizon_s, 1)
        point = types["trajectory_msgs/msg/JointTrajectoryPoint"](
            positions=np.array(list(targets.values()), dtype=np.float64),
            velocities=none,
            accelerations=none,
            effort=none,
            time_from_start=types["builtin_interfaces/msg/Duration"](sec=int(seconds), nanosec=int(rest * 1e9)),
        )
        return self._written(JOINT_TRAJECTORY, header=self._header(), joint_names=list(targets), points=[point])

    def write_joint_state(self, positions: Mapping[str, float], speeds: Sequence[float], time_ns: int) -> bytes:
        """A JointState with its stamp."""
        import numpy as np

        return self._written(
            JOINT_STATE,
            header=self._header(time_ns),
            name=list(positions),
            position=np.array(list(positions.values()), dtype=np.float64),
            velocity=np.array(speeds, dtype=np.float64),
            effort=np.zeros(0),
        )

    def write_bool(self, *, value: bool) -> bytes:
        return self._written(BOOL, data=value)

    def _header(self, time_ns: int = 0) -> Any:
        types = self._store.types
        stamp = types["builtin_interfaces/msg/Time"](sec=time_ns // 10**9, nanosec=time_ns % 10**9)
        return types["std_msgs/msg/Header"](stamp=stamp, frame_id="")

    def _written(self, type_name: str, **values: Any) -> bytes:
        return bytes(self._store.serialize_cdr(self._store.types[type_name](**values), type_name))
