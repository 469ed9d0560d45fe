"""Everything a recorder can be told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import ByteSize, ConfigDict, Field, SecretStr, model_validator

from pilothouse.kit.host import host_robot_id
from pilothouse.kit.settings import setting
from pilothouse.mcap.ring.lanes import QUEUE_CHUNKS, chunk_bytes_of
from pilothouse.recorder.addresses import address
from pilothouse.recorder.byte_sizes import Bytes
from pilothouse.recorder.capture_settings import CaptureSettings
from pilothouse.recorder.delivery_settings import AdoptConfig, DeliverySettings
from pilothouse.recorder.sources.config import ReplayConfig, SourceConfig, ZenohConfig
from pilothouse.recorder.sources.topics import TopicRule, TopicRules
from pilothouse.triggers import Triggers, build_rule
from pilothouse.triggers.rule import Seconds
from pilothouse.wire.base import RobotId
from pilothouse.wire.relay import RelayMode

MIB = 1 << 20
# Messages on their way into the window: open chunks, those that wait to be compressed, one that is written.
LEAST_BESIDE_BYTES = 4 * MIB
# Smaller windows leave the largest message there can be no room beside what the programs and libraries are.
LEAST_WINDOW_BYTES, LEAST_WITH_ZENOH_BYTES = 32 * MIB, 64 * MIB

# Files of others lie in these, and anywhere below those.
SHARED = ("/", "/home", "/media", "/mnt", "/opt", "/run", "/srv", "/tmp", "/var", "/var/lib", "/var/log", "/var/tmp")  # noqa: S108 - named to be refused
SYSTEM = ("/bin", "/boot", "/etc", "/lib", "/proc", "/sbin", "/sys", "/usr")
HUB = r"^https?://[^/\s]+"


class RecorderSettings(CaptureSettings):
    """The recorder: keeps the last minute and seals it when a trigger fires."""

    model_config = ConfigDict(defer_build=False)

    port: Annotated[int, Field(ge=0, le=65_535)] = setting(7000, "Port to listen on; 0 takes any free one")
    data: Path = setting(
        Path("pilothouse-recorder"), "Directory for recordings (sessions/), the spool and the outbox; made when absent"
    )
    robot_id: RobotId = Field(
        default_factory=host_robot_id,
        description="The robot's name, in file names and at the hub; the host's name when absent",
        json_schema_extra={"names": []},
    )
    sources: tuple[SourceConfig, ...] = setting((), "Where messages come from")
    topics: tuple[TopicRule, ...] = setting((), "How topics are kept, whatever source they come from")
    drop_directory: Path | None = setting(
        None, "Directory in which every file that appears asks for a save; its first line is the label, else its name"
    )
    push: bool = setting(True, "Whether programs may push messages to /messages")
    triggers: Triggers = setting((), "Rules that ask for a capture")
    window_s: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = setting(
        60.0, "Seconds of messages kept in memory"
    )
    max_bytes: Annotated[Bytes, Field(ge=LEAST_WINDOW_BYTES)] = setting(
        ByteSize(256 * MIB), "Memory the kept messages may take; at least 32 MiB, 64 with a zenoh source"
    )
    compression: Literal["zstd", "lz4", "none"] = setting("zstd", "How chunks are compressed")
    pre_s: Seconds | None = setting(None, "Seconds before a trigger that a recording holds; window_s when absent")
    post_s: Seconds = setting(5.0, "Seconds after a trigger that a recording holds")
    spool_max_bytes: Annotated[Bytes, Field(ge=MIB)] = setting(
        ByteSize(512 * MIB), "Disk space for the spool, from which a crash is recovered"
    )
    spool_fsync: Literal["seal", "second", "never"] = setting(
        "seal",
        "When the spool is forced to disk: each chunk as it is sealed, each second, never. `kill -9` takes at most the "
        "open chunk either way; a power cut takes what was not forced",
    )
    hub_url: Annotated[str, address(HUB, "http://HOST:8000")] | None = Field(
        None,
        description="Where recordings are delivered and heartbeats sent; neither happens when absent",
        json_schema_extra={"names": [], "pattern": HUB},
    )
    hub_token: SecretStr | None = setting(None, "Credential shown to the hub", names=("MD_HUB_AUTH_TOKEN",))
    heartbeat_s: Annotated[float, Field(gt=0, le=86_400)] = setting(10.0, "Seconds between heartbeats to the hub")
    delivery: DeliverySettings = setting(DeliverySettings(), "How fast, when and by which way recordings are delivered")
    relay: RelayMode = setting(
        RelayMode.WATCH,
        "What the hub may do while somebody there watches this robot live, over a connection the robot makes: `off` "
        "nothing, `watch` telemetry and the emergency stop, `control` everything a person at the guard may do",
    )
    guard_url: str = setting("http://127.0.0.1:8080", "The guard of this robot, for whoever watches it live")
    guard_token: SecretStr | None = setting(None, "Credential shown to that guard")
    adopt: tuple[AdoptConfig, ...] = setting((), "Directories of other programs whose recordings are delivered too")
    recorder_token: SecretStr | None = setting(
        None, "Bearer token callers must show; required when listening on anything but loopback"
    )

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        names = Counter(build_rule(config).name for config in self.triggers)
        repeated = [name for name, count in names.items() if count > 1]
        if repeated:
            raise ValueError(f"two triggers are called {repeated[0]!r}; give each a name of its own")
        return self

    @model_validator(mode="after")
    def _the_library_of_zenoh_has_room(self) -> Self:
        if self.max_bytes < LEAST_WITH_ZENOH_BYTES and any(isinstance(one, ZenohConfig) for one in self.sources):
            raise ValueError("max_bytes must be 64MiB or more with a zenoh source, whose library takes 14 MiB of it")
        return self

    @model_validator(mode="after")
    def _the_drop_directory_holds_nothing_else(self) -> Self:
        # Whatever lies in it is deleted.
        if self.drop_directory is not None:
            place, data = self.drop_directory.resolve(), self.data.resolve()
            shared = {*map(Path, SHARED), Path.cwd(), Path.home(), data, *self._used_places}
            if place in shared or {data, *map(Path, SYSTEM)} & {place, *place.parents}:
                raise ValueError(f"every file in drop_directory is deleted; {place} cannot be one, make one of its own")
        return self

    @property
    def _used_places(self) -> set[Path]:
        """Directories with files that this configuration reads."""
        files = [one.path for one in self.attachments]
        files += [one.path for one in self.sources if isinstance(one, ReplayConfig)]
        read = {place for one in files for place in (one.resolve(), one.resolve().parent)}
        return read | {one.directory.resolve() for one in self.adopt}

    @property
    def default_pre_s(self) -> float:
        return self.window_s if self.pre_s is None else self.pre_s

    @property
    def topic_rules(self) -> TopicRules:
        """What `topics` says, with room for the longest post-roll there can be."""
        return TopicRules(self.topics, post_s=self.longest_post_s)

    @property
    def longest_post_s(self) -> float:
        """The longest post-roll there can be."""
        extends = [rule.during_post_roll or self.during_post_roll for rule in self.triggers].count("extend")
        own = [self.post_s if rule.post_s is None else rule.post_s for rule in self.triggers]
        return max([self.post_s, *own, self.max_post_s if extends else 0.0])

    @property
    def ring_bytes(self) -> int:
        """Of ``max_bytes``, for sealed messages: the rest is for those being packed, compressed and written."""
        waiting = QUEUE_CHUNKS * chunk_bytes_of(MIB, self.max_bytes)
        return self.max_bytes - min(max(LEAST_BESIDE_BYTES, waiting), self.max_bytes // 8)

    @property
    def retention_s(self) -> float:
        """How long the ring must keep messages so that no trigger's pre-roll leaves it during its post-roll."""
        pre_s = [self.default_pre_s if rule.pre_s is None else rule.pre_s for rule in self.triggers]
        return max([self.window_s, *(one + self.longest_post_s for one in pre_s)])
