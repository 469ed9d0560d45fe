"""What can be wrong on the robot."""

from __future__ import annotations

from pilothouse.kit.errors import BadConfiguration, Conflict, Invalid, NotFound, Unavailable


class BufferEmpty(Conflict):
    """The buffer is empty: no message has arrived yet, so there is nothing to save."""


class NoRecordingYet(NotFound):
    """This recorder has not made a recording yet."""


class OverBudget(Conflict):
    """No recording is made: {why}."""


class NoRoom(Unavailable):
    """{free} bytes are free on the disk of {directory}, {floor} of them are to stay so (min_free_bytes,
    min_free_percent) and the recording takes {size}; free some space, or set when_full: delete_oldest_delivered."""


class UnknownRecording(NotFound):
    """No recording {session_id} is kept here."""


class TooMuchToLookInto(Invalid):
    """Decoded for a rule, this message would take about {decoded_mib} MiB, and {most_mib} at most are given for that;
    raise max_bytes, or watch another topic."""


class CannotWrite(Unavailable):
    """The recording cannot be written: {reason}."""


class StrangeBody(Invalid):
    """The body is not what this address takes: {reason}."""


class DataInUse(BadConfiguration):
    """Another recorder keeps its recordings in {directory}; give this one a --data of its own."""


class DataUnusable(BadConfiguration):
    """Cannot keep recordings in {directory}: {reason}; give another --data."""


class DropDirectoryUnusable(BadConfiguration):
    """Cannot look for files in {directory}: {reason}; give another drop_directory."""


class NeedsRestart(Conflict):
    """Nothing was applied: {names} cannot change while the recorder runs. Restart it, or change that back."""


class NothingToReload(Conflict):
    """This recorder was not started with a configuration it could read again."""


class SourceUnusable(BadConfiguration):
    """Cannot replay {path}: {reason}"""


class ExtraMissing(BadConfiguration):
    """The source {source} needs {package}: pip install 'pilothouse[{extra}]'"""


class RosMissing(BadConfiguration):
    """The source ros2 needs rclpy, which comes with ROS 2: source its setup.bash before the recorder starts, and run
    the recorder with the Python that ROS was built for."""


class PeerLost(Unavailable):
    """No connection to {peer}: {reason}"""


class TokenNeeded(BadConfiguration):
    """Listening on {host} others can reach this recorder: set PILOTHOUSE_RECORDER_TOKEN, or listen on 127.0.0.1."""
