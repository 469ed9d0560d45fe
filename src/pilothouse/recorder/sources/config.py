"""What can be said of each kind of source."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ByteSize, ConfigDict, Field

from pilothouse.recorder.addresses import address
from pilothouse.recorder.byte_sizes import Bytes
from pilothouse.recorder.sources.selection import EVERYTHING, Selection

MIB = 1 << 20
# What JSON Schema can say of addresses; the rest is said by `_address`.
WEBSOCKET, BROKER = r"^wss?://[^/\s]+", r"^mqtts?://[^/\s@]+$"
WITH_PORTS, MOST_PORT = ("tcp", "udp", "tls", "quic", "ws"), 65_535
Rate = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Pattern = Annotated[str, Field(min_length=1)]


def _rates(limits: Any) -> Any:
    """A number alone holds for every topic."""
    return {"*": limits} if isinstance(limits, (int, float)) and not isinstance(limits, bool) else limits


def _several(texts: Any) -> Any:
    """One is written as it is."""
    return (texts,) if isinstance(texts, str) else texts


def _endpoints(endpoints: tuple[str, ...]) -> tuple[str, ...]:
    """Zenoh goes on looking, without a word, for one that has no port or none that can be."""
    for endpoint in endpoints:
        protocol, _, place = endpoint.partition("/")
        port = re.search(r":(\d{1,5})(?:[?#].*)?$", place)
        if not protocol or not place or (protocol in WITH_PORTS and (port is None or int(port[1]) > MOST_PORT)):
            raise ValueError(f"{endpoint!r} is no endpoint; write it like tcp/HOST:7447")
    return endpoints


class _SourceConfig(BaseModel):
    """Common to all."""

    # Built with the settings they are part of, and not once more by themselves: the robot is light.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    include: tuple[Pattern, ...] = Field(EVERYTHING, description="Topics to record; * also matches slashes")
    exclude: tuple[Pattern, ...] = Field((), description="Topics not to record, even if they are included")
    max_rate_hz: Annotated[dict[Pattern, Rate], BeforeValidator(_rates)] = Field(
        default_factory=dict, description="Messages per second that are kept of the topics a pattern matches"
    )

    @property
    def selection(self) -> Selection:
        return Selection(self.include, self.exclude, self.max_rate_hz)

    @property
    def summary(self) -> str:
        """The source in a few words, for people."""
        raise NotImplementedError


class ReplayConfig(_SourceConfig):
    """A recorded flight, played as if it flew now."""

    kind: Literal["replay"] = "replay"
    path: Path = Field(description="The .mcap file, .bag file or bag directory to play")
    speed: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)] | Literal["max"] = Field(
        1.0, description="1 is real time, 4 is four times as fast, max is as fast as the machine can"
    )
    loop: bool = Field(False, description="Start again at the end, for ever")

    @property
    def summary(self) -> str:
        speed = "as fast as possible" if self.speed == "max" else f"at {self.speed:g}x"
        return f"replay {self.path} {speed}{', looped' if self.loop else ''}"


class FoxgloveConfig(_SourceConfig):
    """A robot that runs foxglove_bridge or the Foxglove SDK."""

    kind: Literal["foxglove"] = "foxglove"
    url: Annotated[str, address(WEBSOCKET, "ws://HOST:8765")] = Field(
        description="Where its WebSocket listens", json_schema_extra={"pattern": WEBSOCKET}
    )
    max_message_bytes: Annotated[Bytes, Field(ge=1 << 10)] = Field(
        ByteSize(128 * MIB),
        description="A longer message is turned away, as one above a quarter of the recorder's max_bytes is",
    )

    @property
    def summary(self) -> str:
        return f"foxglove {self.url}"


Endpoints = Annotated[tuple[str, ...], BeforeValidator(_several), AfterValidator(_endpoints)]


class ZenohConfig(_SourceConfig):
    """ROS 2 with rmw_zenoh, or anything else that speaks Zenoh."""

    kind: Literal["zenoh"] = "zenoh"
    connect: Endpoints = Field((), description="Endpoints to connect to, as tcp/HOST:7447")
    listen: Endpoints = Field((), description="Endpoints to listen on")
    mode: Literal["peer", "client"] = Field("peer", description="A client hears everything through one router")
    multicast: bool = Field(True, description="Look for peers and routers on the local network")
    keys: tuple[Pattern, ...] = Field(("**",), description="Zenoh key expressions to subscribe to")
    ros_domain_id: Annotated[int, Field(ge=0, le=232)] | None = Field(None, description="Only this ROS domain")
    definitions: tuple[Path, ...] = Field((), description="Directories with PACKAGE/msg/TYPE.msg of types of your own")
    config_file: Path | None = Field(None, description="A Zenoh configuration, for TLS and access control")

    @property
    def summary(self) -> str:
        return f"zenoh {', '.join(self.connect) or self.mode}: {', '.join(self.keys)}"


class MqttConfig(_SourceConfig):
    """Topics of an MQTT broker."""

    kind: Literal["mqtt"] = "mqtt"
    url: Annotated[str, address(BROKER, "mqtt://HOST:1883")] = Field(
        description="mqtt://HOST:1883, or mqtts://HOST:8883 for TLS", json_schema_extra={"pattern": BROKER}
    )
    filters: tuple[Pattern, ...] = Field(("#",), min_length=1, description="MQTT topic filters to subscribe to")
    qos: Literal[0, 1, 2] = Field(1, description="Quality of service asked for")
    client_id: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="With one the broker keeps QoS 1 and 2 messages while the recorder is away"
    )
    username: str | None = Field(None, description="The password is taken from password_variable")
    password_variable: str = Field("PILOTHOUSE_MQTT_PASSWORD", description="Environment variable with the password")
    ca_file: Path | None = Field(None, description="Certificates that the broker's must come from")
    certificate_file: Path | None = Field(None, description="The recorder's own certificate")
    key_file: Path | None = Field(None, description="The key of certificate_file")

    @property
    def summary(self) -> str:
        return f"mqtt {self.url}: {', '.join(self.filters)}"


class Ros2Config(_SourceConfig):
    """ROS 2 by its own client library, on a machine where ROS 2 is installed."""

    kind: Literal["ros2"] = "ros2"
    domain_id: Annotated[int, Field(ge=0, le=232)] | None = Field(
        None, description="The ROS domain; ROS_DOMAIN_ID when absent"
    )
    node_name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=200)] = Field(
        "pilothouse_recorder", description="How the recorder is called among the nodes"
    )
    hidden: bool = Field(False, description="Also topics with a name or namespace that begins with an underscore")
    definitions: tuple[Path, ...] = Field((), description="Directories with PACKAGE/msg/TYPE.msg of types of your own")

    @property
    def summary(self) -> str:
        return "ros2" if self.domain_id is None else f"ros2 domain {self.domain_id}"


# What follows the colon when a source is written as one line.
ONE_LINE = {"replay": "path", "foxglove": "url", "zenoh": "connect", "mqtt": "url", "ros2": "domain_id"}
EXAMPLES = "replay:FILE.mcap, foxglove:ws://HOST:8765, zenoh:tcp/HOST:7447, mqtt:mqtt://HOST:1883 or ros2:0"


def _from_text(source: Any) -> Any:
    """``replay:FLIGHT.mcap`` is short for a replay with defaults."""
    if not isinstance(source, str):
        return source
    kind, _, rest = source.partition(":")
    if kind not in ONE_LINE or not rest:
        raise ValueError(f"cannot read the source {source!r}; write {EXAMPLES}")
    return {"kind": kind, ONE_LINE[kind]: rest}


SourceConfig = Annotated[
    Annotated[ReplayConfig | FoxgloveConfig | ZenohConfig | MqttConfig | Ros2Config, Field(discriminator="kind")],
    BeforeValidator(_from_text),
]
"""Where messages come from; ``kind`` says how."""
