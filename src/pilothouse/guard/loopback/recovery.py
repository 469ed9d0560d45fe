"""Sessions that a crash interrupted are completed: indexed, counted, and given their name."""

from __future__ import annotations

from pathlib import Path

import msgspec
from mcap.opcode import Opcode

from pilothouse.guard.loopback.channels import CYCLE
from pilothouse.guard.loopback.facts import Counts
from pilothouse.guard.loopback.names import ACTIVE_SUFFIX, parsed
from pilothouse.kit.logs import get_logger
from pilothouse.mcap.problems import Broken, NothingToRecover
from pilothouse.mcap.reading.scan import scan
from pilothouse.mcap.reading.source import Source
from pilothouse.mcap.reading.spans import content_of
from pilothouse.mcap.records import MESSAGE_FIELDS, MESSAGE_OVERHEAD, walk_records
from pilothouse.mcap.recovery import recover
from pilothouse.mcap.writing.live import is_growing

log = get_logger(__name__)


class _Outcome(msgspec.Struct):
    cycle_id: int
    outcome: str


def complete_leftovers(directory: Path) -> None:
    """Finish every ``.active`` file; one that cannot be finished stays, readable as it is, for the next start."""
    for path in sorted(directory.glob(f"session_*.mcap{ACTIVE_SUFFIX}")):
        if parsed(path.name) is None:
            continue
        try:
            if is_growing(path):
                log.error("another guard records its sessions here; give each a --data of its own", file=path.name)
            else:
                _complete(path)
        except Exception as error:  # noqa: BLE001 - one strange file must not keep the others from being completed
            log.error("interrupted session not completed", file=path.name, reason=str(error))


def _complete(active: Path) -> None:
    path = active.with_name(active.name.removesuffix(ACTIVE_SUFFIX))
    # The writer of recordings uses the active name of its target for itself.
    making = path.with_name(f".{path.name}.completing")
    making.unlink(missing_ok=True)
    try:
        captured = recover(active, making, metadata=counted(active).metadata(reason="recovered"))
    except NothingToRecover:
        active.unlink()
        return
    making.rename(path)
    active.unlink()
    log.info("interrupted session completed", file=path.name, messages=captured.message_count)


def counted(path: Path) -> Counts:
    """The cycles in a file that does not say, damaged or not; reads all of it."""
    source = Source(path)
    try:
        found, counts = scan(source), Counts()
        decode = msgspec.json.Decoder(_Outcome).decode
        for span in found.spans:
            raw, first, last = content_of(source, span), 2**32, 0
            for opcode, begin, end in walk_records(raw):
                if opcode != Opcode.MESSAGE:
                    continue
                channel_id, sequence, _, _ = MESSAGE_FIELDS.unpack_from(raw, begin)
                first, last = min(first, sequence), max(last, sequence)
                if found.registry.channels[channel_id].topic == CYCLE:
                    one = decode(raw[begin + MESSAGE_OVERHEAD : end])
                    is_violation, is_clamp = one.outcome == "reject", one.outcome == "clamp"
                    counts.add(one.cycle_id, is_violation=is_violation, is_clamp=is_clamp)
            counts.chunks.append((first, last))
        return counts
    except (Broken, msgspec.MsgspecError):
        return Counts()
    finally:
        source.close()
