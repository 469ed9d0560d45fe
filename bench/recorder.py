"""The recorder under a robot's load, through the Foxglove source, beside the `mcap` writer and foxglove-sdk's.

1,000 small messages a second and a camera of 30 Hz with 300 kB each, for a minute: CPU, memory, loss, and, in the
second half, how long a save takes meanwhile. Then small messages faster and faster, until some are lost. The peers
hear the same stream with the same client and only write it to a file: they keep no window, recover nothing and trigger
nothing.

Run: python -m bench.recorder  (PILOTHOUSE_BENCH_SECONDS=10 makes it shorter)
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.report import Report, explain
from pilothouse.mcap import Channel
from pilothouse.recorder.sources.base import Content
from tests.support.processes import Program, eventually, pilothouse

MIB = 1 << 20
SECONDS = float(os.environ.get("PILOTHOUSE_BENCH_SECONDS", "60"))
SMALL_TOPICS, SMALL_BYTES, SMALL_HZ = 20, 200, 1000
CAMERA_BYTES, CAMERA_HZ = 300_000, 30
# Message rates of the second part, and how long each is held.
RATES_HZ = (10_000, 40_000, 80_000, 160_000, 320_000)
HOLD_S = min(5.0, SECONDS)
TICK_S = 0.002
BACKLOG = 100_000
SAVES_EVERY_S = 3.0
PYTHON = sys.executable


class Measured(NamedTuple):
    cpu_share: float  # of one core, while nothing is saved
    peak_mib: float
    sent: int
    recorded: int
    saves_s: tuple[float, ...] = ()
    share_with_saves: float = 0.0

    @property
    def lost(self) -> int:
        return self.sent - self.recorded


def speak(small_hz: float, camera_hz: float, seconds: float) -> None:
    """The robot: a process of its own that says how much it said."""
    import foxglove

    context = foxglove.Context()
    server = foxglove.start_server(port=0, context=context, message_backlog_size=BACKLOG)
    small = [
        foxglove.Channel(f"/state/{number}", message_encoding="json", context=context) for number in range(SMALL_TOPICS)
    ]
    camera = foxglove.Channel("/camera", message_encoding="json", context=context)
    frames = [random.Random(number).randbytes(CAMERA_BYTES) for number in range(8)]
    states = [random.Random(number).randbytes(SMALL_BYTES // 2).hex().encode() for number in range(64)]
    print(f"ready ws://127.0.0.1:{server.port}", flush=True)
    sys.stdin.readline()
    begin, said, seen = time.perf_counter(), 0, 0
    while (passed := time.perf_counter() - begin) < seconds:
        while said < passed * small_hz:
            small[said % SMALL_TOPICS].log(states[said % 64])
            said += 1
        while seen < passed * camera_hz:
            camera.log(frames[seen % 8])
            seen += 1
        time.sleep(TICK_S)
    print(said + seen, flush=True)
    sys.stdin.readline()
    server.stop()


class Robot:
    """The process that speaks, from outside."""

    def __init__(self, *load: float) -> None:
        command = [PYTHON, __file__, "speak", *map(str, load)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self._line().split()[1]

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def go(self) -> None:
        assert self._process.stdin is not None
        print("go", file=self._process.stdin, flush=True)

    def said(self) -> int:
        """How many messages it said, once it has."""
        return int(self._line())

    def end(self) -> None:
        self._process.communicate("end\n", timeout=30)


@contextmanager
def robot(small_hz: float, camera_hz: float, seconds: float) -> Iterator[Robot]:
    one = Robot(small_hz, camera_hz, seconds)
    try:
        yield one
    finally:
        one.end()


def write_as_peer(kind: str, url: str, path: Path) -> None:
    """A peer: the same client, and every message straight into a file; says how many when it is told to stop."""
    from pilothouse.kit.logs import set_up_logging
    from pilothouse.recorder.sources.config import FoxgloveConfig
    from pilothouse.recorder.sources.foxglove import Foxglove

    sink = McapPeer(path) if kind == "mcap" else FoxglovePeer(path)
    stop = threading.Event()
    set_up_logging()  # to standard error: what is printed is the answer
    source = Foxglove(FoxgloveConfig.model_validate({"url": url}))
    thread = threading.Thread(target=source.run, args=(sink, stop))
    thread.start()
    print("ready peer", flush=True)
    for _ in sys.stdin:
        print(sink.messages, len(sink.channels), flush=True)
    stop.set()
    thread.join()
    sink.close()


class McapPeer:
    def __init__(self, path: Path) -> None:
        from mcap.writer import Writer

        self._file = path.open("wb")
        self._writer = Writer(self._file)
        self._writer.start()
        self.channels: list[int] = []
        self.messages = 0

    def channel(self, channel: Channel) -> int:
        self.channels.append(self._writer.register_channel(channel.topic, channel.message_encoding, 0))
        return self.channels[-1]

    def message(self, channel_id: int, log_time_ns: int, content: Content, publish_time_ns: int | None = None) -> None:
        self._writer.add_message(channel_id, log_time_ns, bytes(content), log_time_ns)
        self.messages += 1

    def refuse(self, topic: str, reason: str) -> None: ...

    def hold(self, size: int) -> None: ...

    def close(self) -> None:
        self._writer.finish()
        self._file.close()


class FoxglovePeer:
    def __init__(self, path: Path) -> None:
        import foxglove

        self._context = foxglove.Context()
        self._writer = foxglove.open_mcap(path, context=self._context)
        self.channels: list[Any] = []
        self.messages = 0

    def channel(self, channel: Channel) -> int:
        import foxglove

        self.channels.append(
            foxglove.Channel(channel.topic, message_encoding=channel.message_encoding, context=self._context)
        )
        return len(self.channels) - 1

    def message(self, channel_id: int, log_time_ns: int, content: Content, publish_time_ns: int | None = None) -> None:
        self.channels[channel_id].log(bytes(content), log_time=log_time_ns)
        self.messages += 1

    def refuse(self, topic: str, reason: str) -> None: ...

    def hold(self, size: int) -> None: ...

    def close(self) -> None:
        self._writer.close()


def cpu_s(pid: int) -> float:
    """Seconds of CPU a process has used, all of its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def ask(program: Program, path: str, body: bytes | None = None) -> Any:
    with urllib.request.urlopen(urllib.request.Request(program.url + path, body), timeout=60) as answer:
        return json.load(answer)


def settled(count: Callable[[], int], sent: int) -> int:
    """What has arrived, when nothing more does."""
    known, since = -1, time.monotonic()
    while known < sent and time.monotonic() - since < 3:
        now = count()
        if now != known:
            known, since = now, time.monotonic()
        time.sleep(0.1)
    return known


def measure(one: Robot, pid: int, count: Callable[[], int], meanwhile: Callable[[], float] | None = None) -> Measured:
    """From the first message to the last."""
    saves: list[float] = []
    over = threading.Event()

    def share() -> float:
        return (cpu_s(pid) - before) / (time.perf_counter() - begin)

    def save() -> None:
        if meanwhile is None or over.wait(SECONDS / 2):
            return
        shares.append(share())
        while not over.wait(SAVES_EVERY_S):
            saves.append(meanwhile())

    shares: list[float] = []
    saving = threading.Thread(target=save)
    before, begin = cpu_s(pid), time.perf_counter()
    one.go()
    saving.start()
    sent = one.said()
    shares.append(share())
    over.set()
    saving.join()
    return Measured(shares[0], peak_mib(pid), sent, settled(count, sent), tuple(saves), shares[-1])


def recorder(one: Robot, folder: Path, *, saves: bool) -> Measured:
    data = Path(tempfile.mkdtemp(dir=folder))
    source = f"foxglove:{one.url}"
    with pilothouse("recorder", "run", "--source", source, "--data", data, "--port", "0") as program:
        eventually(lambda: ask(program, "/healthz")["sources"][0]["state"] == "running", what="the connection")
        time.sleep(0.5)  # every channel is subscribed, one after the other

        def count() -> int:
            return sum(topic["message_count"] for topic in ask(program, "/topics")["topics"].values())

        def save() -> float:
            begin = time.perf_counter()
            ask(program, "/sessions/save", b"{}")
            return time.perf_counter() - begin

        return measure(one, program.pid, count, save if saves else None)


def peer(kind: str, one: Robot, folder: Path) -> Measured:
    path = Path(tempfile.mkdtemp(dir=folder)) / "peer.mcap"
    command = [PYTHON, __file__, "peer", kind, one.url, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()

        def state() -> list[int]:
            assert process.stdin is not None
            assert process.stdout is not None
            print("count", file=process.stdin, flush=True)
            return [int(number) for number in process.stdout.readline().split()]

        eventually(lambda: state()[1] == SMALL_TOPICS + 1, what="the subscriptions")
        found = measure(one, process.pid, lambda: state()[0])
        process.stdin.close()
        process.wait(60)
        return found


def report_load(folder: Path) -> None:
    load = (SMALL_HZ, CAMERA_HZ, SECONDS)
    with robot(*load) as one:
        ours = recorder(one, folder, saves=True)
    peers = {}
    for kind in ("mcap", "foxglove"):
        with robot(*load) as one:
            peers[kind] = peer(kind, one, folder)
    report = Report(f"{SMALL_HZ:,} small messages/s and {CAMERA_HZ} Hz of {CAMERA_BYTES // 1000} kB, {SECONDS:g} s")
    for kind, found in peers.items():
        report.row(f"CPU, share of a core, beside {kind}", ours.cpu_share * 100, found.cpu_share * 100, "%")
        report.row(f"peak memory, beside {kind}", ours.peak_mib, found.peak_mib, "MiB")
        report.row(f"messages lost, beside {kind} ({found.lost:,})", ours.lost, None, "", "none", kept=not ours.lost)
    # A window of 256 MiB by default; it is not full before the flight has lasted half a minute.
    limit = 1.2 * 256 + 60
    report.row("peak memory", ours.peak_mib, None, "MiB", f"<= {limit:.0f} MiB", kept=ours.peak_mib <= limit)
    if ours.saves_s:
        saves = f"CPU with {len(ours.saves_s)} saves, one each {SAVES_EVERY_S:g} s, in its second half"
        report.row(saves, ours.share_with_saves * 100, None, "%")
        report.row(f"save under load, median of {len(ours.saves_s)}", statistics.median(ours.saves_s) * 1e3, None, "ms")
        report.row("save under load, worst", max(ours.saves_s) * 1e3, None, "ms")
    report.print()


def report_saturation(folder: Path) -> None:
    report = Report(f"Small messages of {SMALL_BYTES} B, each rate for {HOLD_S:g} s: how many are lost")
    for rate_hz in RATES_HZ:
        with robot(rate_hz, 0, HOLD_S) as one:
            ours = recorder(one, folder, saves=False)
        with robot(rate_hz, 0, HOLD_S) as one:
            other = peer("mcap", one, folder)
        report.row(f"{rate_hz:,}/s ({ours.sent / HOLD_S:,.0f}): lost, mcap {other.lost:,}", ours.lost, None, "")
        report.row(f"{rate_hz:,}/s: recorded, beside mcap", ours.recorded / HOLD_S, other.recorded / HOLD_S, "1/s")
        if ours.lost and other.lost:
            return


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pilothouse-bench-") as name:
        report_load(Path(name))
        report_saturation(Path(name))


if __name__ == "__main__":
    explain(__doc__)
    if sys.argv[1:2] == ["speak"]:
        speak(*map(float, sys.argv[2:5]))
    elif sys.argv[1:2] == ["peer"]:
        write_as_peer(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        main()
