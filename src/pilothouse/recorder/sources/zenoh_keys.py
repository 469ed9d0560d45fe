"""What Zenoh keys, encodings and attachments mean. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from struct import Struct

# <domain>/<topic>/<pkg>::msg::dds_::<Type>_/<hash>, as rmw_zenoh writes them.
_RMW_KEY = re.compile(r"(\d+)/(.+)/(\w+)::msg::dds_::(\w+)_/([^/]+)")
# Sequence number and source timestamp in nanoseconds; the publisher's 16 bytes follow, after their count.
_ATTACHMENT = Struct("<qq")
_ATTACHMENT_BYTES = _ATTACHMENT.size + 17
_TEXT = ("text/", "zenoh/string", "application/yaml", "application/xml")
_JSON = ("application/json", "text/json")


@dataclass(frozen=True, slots=True)
class RosKey:
    """A ROS 2 topic behind rmw_zenoh."""

    domain: int
    topic: str
    type_name: str
    type_hash: str


def ros_key(key: str) -> RosKey | None:
    """What an rmw_zenoh key names; None for any other key."""
    found = _RMW_KEY.fullmatch(key)
    if found is None:
        return None
    domain, topic, package, name, type_hash = found.groups()
    return RosKey(int(domain), f"/{topic}", f"{package}/msg/{name}", type_hash)


def message_encoding(encoding: str) -> str:
    """The encoding under which a payload is recorded: json, text or bytes."""
    kind = encoding.partition(";")[0]
    if kind in _JSON or kind.endswith("+json"):
        return "json"
    return "text" if kind.startswith(_TEXT) else "bytes"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which message of which publisher, and when it was published."""

    sequence: int
    publish_time_ns: int
    publisher: bytes


def stamp(attachment: bytes) -> Stamp | None:
    """What rmw_zenoh attaches to a message; None for anything else."""
    if len(attachment) != _ATTACHMENT_BYTES:
        return None
    sequence, publish_time_ns = _ATTACHMENT.unpack_from(attachment)
    return Stamp(sequence, publish_time_ns, attachment[_ATTACHMENT.size + 1 :]) if publish_time_ns > 0 else None
