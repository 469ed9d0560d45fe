"""The ring beside the ``mcap`` writer and foxglove-sdk: appending messages, and saving the last minute.

Run: python -m bench.ring
"""

from __future__ import annotations

import gc
import math
import os
import random
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.report import Report, explain, median_of
from pilothouse.mcap import Channel, Ring, Schema, Spool, verify, write_capture

MIB = 1 << 20
NS_PER_S = 1_000_000_000
START_NS = 1_700_000_000 * NS_PER_S
SMALL, SMALL_COUNT = 200, 400_000
LARGE, LARGE_COUNT = 100_000, 1_500
BUFFER_S = 60.0
FRAME_BYTES = 60_000


class Sent(NamedTuple):
    topic: str
    log_time_ns: int
    content: bytes


def telemetry(size: int, count: int) -> list[bytes]:
    """Joint states as an arm says them: a header, names, quantized encoder positions, noisy velocities."""
    rng = random.Random(7)
    names = b"shoulder,upper_arm,forearm,wrist_1,wrist_2,wrist_3"
    made = []
    for number in range(count):
        at = number / 100
        joints = [(1 + joint / 7, at * (1 + joint / 7) + joint) for joint in range(8)]
        positions = [round((math.sin(phase) + rng.gauss(0, 0.001)) * 20861) / 20861 for _, phase in joints]
        velocities = [math.cos(phase) * rate + rng.gauss(0, 0.01) for rate, phase in joints]
        header = struct.pack("<4sIIQ", b"\0\1\0\0", number // 100, number % 100 * 10_000_000, number)
        made.append((header + names + struct.pack("<16d", *positions, *velocities)).ljust(size, b"\0")[:size])
    return made


def frames(count: int, size: int = FRAME_BYTES) -> list[bytes]:
    """What a JPEG looks like to a compressor: noise."""
    rng = random.Random(11)
    return [rng.randbytes(size) for _ in range(count)]


def flight() -> list[Sent]:
    """A minute of two cameras, joint states and twenty small topics, in the order it happened: 111 MB."""
    images, joints, small = frames(64), telemetry(350, 500), telemetry(200, 500)
    plan = [("/joint_states", 100.0, joints)]
    plan += [(f"/camera/{side}/compressed", 15.0, images) for side in ("left", "right")]
    plan += [(f"/status/{number:02d}", 10.0, small) for number in range(20)]
    sent = [
        Sent(topic, START_NS + round(number * NS_PER_S / rate), contents[number % len(contents)])
        for topic, rate, contents in plan
        for number in range(round(BUFFER_S * rate))
    ]
    return sorted(sent, key=lambda one: one.log_time_ns)


def times_of(messages: list[bytes]) -> range:
    """Log times 1 ms apart."""
    gc.collect()
    return range(START_NS, START_NS + len(messages) * 1_000_000, 1_000_000)


def p50_of(messages: list[bytes]) -> float:
    """The median of single appends to the ring, the cost of asking the clock taken off."""
    with Ring(window_s=60, max_bytes=512 * MIB) as ring:
        channel = ring.add_channel(Channel("/joint_states", "json"))
        spans, clock = [], time.perf_counter_ns
        for number, message in enumerate(messages):
            begin = clock()
            ring.append(channel, START_NS + number * 1_000_000, message)
            spans.append(clock() - begin)
        nothing = [-(clock() - clock()) for _ in range(10_000)]
        return (statistics.median(spans) - statistics.median(nothing)) / 1e9


class Cost(NamedTuple):
    """Seconds per message: CPU of the appending thread, and wall time until all are sealed or the file is closed."""

    caller: float
    sealed: float


class Stopwatch:
    """Starts when it is made."""

    def __init__(self) -> None:
        self._wall, self._thread = time.perf_counter(), time.thread_time()

    def cost(self, count: int) -> Cost:
        return Cost((time.thread_time() - self._thread) / count, (time.perf_counter() - self._wall) / count)


def median_costs(measures: Sequence[Callable[[], Cost]], *, rounds: int) -> list[Cost]:
    """Medians over several rounds, in microseconds. They take turns, so that a slower minute is every one's."""
    costs = [[measure() for measure in measures] for _ in range(rounds)]
    of_each = zip(*costs, strict=True)
    return [Cost(*(statistics.median(column) * 1e6 for column in zip(*one, strict=True))) for one in of_each]


def ring_append(messages: list[bytes], spool: Spool | None = None) -> Cost:
    with Ring(window_s=600, max_bytes=512 * MIB, spool=spool) as ring:
        channel = ring.add_channel(Channel("/joint_states", "json"))
        times, append = times_of(messages), ring.append
        watch = Stopwatch()
        for log_time_ns, message in zip(times, messages, strict=True):
            append(channel, log_time_ns, message)
        caller = watch.cost(len(messages)).caller
        ring.seal()
        return Cost(caller, watch.cost(len(messages)).sealed)


def spooled_append(messages: list[bytes], folder: Path) -> Cost:
    spool = Spool(folder / "spool", max_bytes=512 * MIB)
    try:
        return ring_append(messages, spool)
    finally:
        spool.discard()


def mcap_append(messages: list[bytes], folder: Path) -> Cost:
    from mcap.writer import Writer

    with (folder / "peer.mcap").open("wb") as file:
        writer = Writer(file)
        writer.start()
        channel = writer.register_channel("/joint_states", "json", writer.register_schema("S", "jsonschema", b"{}"))
        times, append = times_of(messages), writer.add_message
        watch = Stopwatch()
        for log_time_ns, message in zip(times, messages, strict=True):
            append(channel, log_time_ns, message, log_time_ns)
        writer.finish()
        return watch.cost(len(messages))


def foxglove_append(messages: list[bytes], folder: Path) -> Cost:
    import foxglove

    context = foxglove.Context()
    writer = foxglove.open_mcap(folder / "peer.mcap", allow_overwrite=True, context=context)
    channel = foxglove.Channel("/joint_states", message_encoding="json", context=context)
    times, append = times_of(messages), channel.log
    watch = Stopwatch()
    for log_time_ns, message in zip(times, messages, strict=True):
        append(message, log_time=log_time_ns)
    writer.close()
    return watch.cost(len(messages))


def fill(ring: Ring, sent: list[Sent]) -> None:
    schema = Schema("S", "jsonschema", b"{}")
    ids = {topic: ring.add_channel(Channel(topic, "json", schema)) for topic in {one.topic for one in sent}}
    for topic, log_time_ns, content in sent:
        ring.append(ids[topic], log_time_ns, content)


def ring_saves(sent: list[Sent], folder: Path, runs: int) -> Iterator[float]:
    # The trigger falls anywhere: both edges of the window go through the middle of chunks.
    window = (START_NS + 100_000_000, START_NS + 59_900_000_000)
    within = sum(window[0] <= one.log_time_ns <= window[1] for one in sent)
    with Ring(window_s=BUFFER_S + 1, max_bytes=512 * MIB) as ring:
        fill(ring, sent)
        for number in range(runs):
            path = folder / f"ours-{number}.mcap"
            begin = time.perf_counter()
            captured = write_capture(ring.snapshot(*window), path, metadata={})
            yield time.perf_counter() - begin
            assert captured.message_count == within
            if number == 0:
                assert verify(path).ok
            path.unlink()


def mcap_save(sent: list[Sent], folder: Path) -> float:
    from mcap.writer import Writer

    begin = time.perf_counter()
    with (folder / "peer.mcap").open("wb") as file:
        writer = Writer(file)
        writer.start()
        schema = writer.register_schema("S", "jsonschema", b"{}")
        topics = sorted({one.topic for one in sent})
        ids = {topic: writer.register_channel(topic, "json", schema) for topic in topics}
        for topic, log_time_ns, content in sent:
            writer.add_message(ids[topic], log_time_ns, content, log_time_ns)
        writer.finish()
        file.flush()
        os.fsync(file.fileno())
    return time.perf_counter() - begin


def foxglove_save(sent: list[Sent], folder: Path) -> float:
    import foxglove

    path = folder / "peer.mcap"
    begin = time.perf_counter()
    context = foxglove.Context()
    writer = foxglove.open_mcap(path, allow_overwrite=True, context=context)
    topics = {one.topic for one in sent}
    channels = {topic: foxglove.Channel(topic, message_encoding="json", context=context) for topic in topics}
    for topic, log_time_ns, content in sent:
        channels[topic].log(content, log_time=log_time_ns)
    writer.close()
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.close(file)
    return time.perf_counter() - begin


def report_appends(folder: Path) -> None:
    report = Report("Appending one message")
    small, large = telemetry(SMALL, SMALL_COUNT), frames(64, LARGE) * (LARGE_COUNT // 64)
    p50 = median_of(lambda: p50_of(small), runs=3) * 1e6
    report.row(f"{SMALL} B: one append, p50", p50, None, "us", "<= 1 us", kept=p50 <= 1)
    report_peers(report, f"{SMALL} B", small, folder, promises=(4.0, 1.5))
    report_peers(report, f"{LARGE // 1000} kB", large, folder, promises=("", ""))


def report_peers(
    report: Report, name: str, messages: list[bytes], folder: Path, *, promises: tuple[float | str, float | str]
) -> None:
    ours, spooled, writer, foxglove = median_costs(
        (
            lambda: ring_append(messages),
            lambda: spooled_append(messages, folder),
            lambda: mcap_append(messages, folder),
            lambda: foxglove_append(messages, folder),
        ),
        rounds=5,
    )
    report.row(f"{name}: wall until sealed, beside mcap", ours.sealed, writer.sealed, "us", promises[0])
    report.row(f"{name}: wall until sealed, beside foxglove-sdk", ours.sealed, foxglove.sealed, "us", promises[1])
    report.row(f"{name}: CPU of the appending thread, mcap", ours.caller, writer.caller, "us")
    report.row(f"{name}: CPU of the appending thread, foxglove-sdk", ours.caller, foxglove.caller, "us")
    report.row(f"{name}: wall until sealed, with the spool", spooled.sealed, None, "us")


def report_saves(folder: Path) -> None:
    sent = flight()
    megabytes = sum(len(one.content) for one in sent) / 1e6
    report = Report(f"Saving {BUFFER_S:.0f} s, {megabytes:.0f} MB, {len(sent):,} messages: trigger to fsynced file")
    ours = statistics.median(ring_saves(sent, folder, 7)) * 1e3
    peer = median_of(lambda: mcap_save(sent, folder), runs=3) * 1e3
    foxglove = median_of(lambda: foxglove_save(sent, folder), runs=3) * 1e3
    report.row("save", ours, None, "ms", "<= 150 ms", kept=ours <= 150)
    report.row("save, beside the mcap writer", ours, peer, "ms", 3.0)
    report.row("save, beside foxglove-sdk", ours, foxglove, "ms")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pilothouse-bench-") as name:
        report_appends(Path(name))
        report_saves(Path(name))


if __name__ == "__main__":
    explain(__doc__)
    main()
