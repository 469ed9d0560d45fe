"""What the service tells the keeper, and what is handed from the keeper to the child that becomes the command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

ISOLATED, LIMITED, NONE = "isolated", "limited", "none"


@dataclass(frozen=True)
class Abilities:
    """What the probe found to work; decides which steps are taken."""

    level: str
    own_uids: bool = False
    bubblewrap: str = ""
    disable_userns: bool = True
    seccomp: bool = False
    own_network: bool = False
    landlock: bool = False
    outward: str = ""
    """The program that makes a network of its own for ``full``; without it that is the machine's."""
    cgroups: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str) -> Abilities:
        return cls(**json.loads(text))

    def to_json(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Order:
    """One command to start, in plain values."""

    argv: tuple[str, ...]
    workspace: str
    cwd: str
    environment: Mapping[str, str]
    mounts: tuple[tuple[str, str, bool], ...] = ()
    cpu: float | None = None
    memory_mb: int | None = None
    pids: int | None = None
    disk_mb: int | None = None
    network: str = "none"
    terminal: bool = False

    @classmethod
    def from_json(cls, text: bytes) -> Order:
        found: dict[str, Any] = json.loads(text)
        found["argv"] = tuple(found["argv"])
        found["mounts"] = tuple((source, target, writable) for source, target, writable in found["mounts"])
        return cls(**found)

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode("utf-8", "surrogateescape")
