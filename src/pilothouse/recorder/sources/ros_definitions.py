"""What ROS 2 types look like, for sources whose wire carries only their names and hashes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Schema

if TYPE_CHECKING:
    from rosbags.typesys.store import Typestore

HASHED = "RIHS01_"

log = get_logger("pilothouse.recorder")


class RosDefinitions:
    """The types every ROS 2 has, of each release, and those of `*/msg/*.msg` below the given directories."""

    def __init__(self, directories: Sequence[Path] = ()) -> None:
        self._directories = directories
        self._stores: list[Typestore] = []
        self._known: dict[tuple[str, str], Schema] = {}

    def schema(self, type_name: str, type_hash: str = "") -> Schema:
        """The schema of ``pkg/msg/Type``. One with another hash is another type: then only the name is told."""
        key = (type_name, type_hash)
        if key not in self._known:
            self._known[key] = self._found(type_name, type_hash)
        return self._known[key]

    def _found(self, type_name: str, type_hash: str) -> Schema:
        from rosbags.typesys.base import TypesysError

        for store in self._all_stores():
            if type_name not in store.fielddefs:
                continue
            try:
                if type_hash.startswith(HASHED) and store.hash_rihs01(type_name) != type_hash:
                    continue
                text, _ = store.generate_msgdef(type_name, ros_version=2)
            except (TypesysError, KeyError):  # a definition on disk may refer to one that is not there
                continue
            return Schema(type_name, "ros2msg", text.encode())
        log.warning(
            "the definition of a type is not known; its messages are recorded but cannot be decoded",
            type=type_name, hash=type_hash,
        )  # fmt: skip
        return Schema(type_name, "", b"")

    def _all_stores(self) -> list[Typestore]:
        if not self._stores:
            from rosbags.typesys import Stores, get_typestore

            # Names tell the releases in the order of the alphabet; the newest is the likeliest.
            releases = sorted((one for one in Stores if one.name.startswith("ROS2_")), key=lambda one: one.name)
            self._stores = [get_typestore(one) for one in reversed(releases)]
            if self._directories:
                self._stores.insert(0, self._own_store())
        return self._stores

    def _own_store(self) -> Typestore:
        from rosbags.typesys import Stores, get_types_from_msg, get_typestore
        from rosbags.typesys.base import TypesysError

        store = get_typestore(Stores.LATEST)
        for name, path in self._files():
            if name in store.fielddefs:
                continue
            try:
                store.register(get_types_from_msg(path.read_text(encoding="utf-8"), name))
            except (TypesysError, OSError, UnicodeDecodeError) as error:
                log.warning("a definition cannot be read", file=str(path), reason=" ".join(str(error).split()))
        return store

    def _files(self) -> Iterator[tuple[str, Path]]:
        for directory in self._directories:
            for path in sorted(directory.glob("**/msg/*.msg")):
                yield f"{path.parent.parent.name}/msg/{path.stem}", path
