"""What recording a cycle costs the control loop, beside the ``mcap`` writer called in the loop.

Run: python -m bench.loopback
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mcap.writer import CompressionType, Writer

from bench.report import Report, explain
from pilothouse.guard.loopback.channels import Telling
from pilothouse.guard.loopback.loopback import Loopback
from pilothouse.guard.loopback.session_writer import LoopbackOptions
from pilothouse.guard.loopback.sessions import Sessions
from pilothouse.guard.model import Cycle, Decision
from pilothouse.guard.risk.log import RiskLog
from pilothouse.mcap import verify
from tests.support.cycles import SESSION, cycle

CYCLES = 5_000
PERIOD_S = 0.001
PROMISED_US = 8.0
FRAME = bytes(range(256)) * 120


def paced(offer: Callable[[Cycle], None], cycles: list[Cycle]) -> list[float]:
    """Microseconds of each call, at 1 kHz, while the writers work beside it."""
    times: list[float] = []
    due = time.perf_counter()
    for one in cycles:
        begin = time.perf_counter_ns()
        offer(one)
        times.append((time.perf_counter_ns() - begin) / 1000)
        due += PERIOD_S
        time.sleep(max(0.0, due - time.perf_counter()))
    return sorted(times)


def prepared() -> list[Cycle]:
    """A tenth rejected, a tenth clamped, a camera at 30 Hz."""
    kinds = {0: Decision.REJECT, 5: Decision.CLAMP}
    return [
        cycle(number, kinds.get(number % 10, Decision.PASS), period_s=PERIOD_S,
              monotonic_ns=number * 1_000_000, images={"top": FRAME} if number % 33 == 0 else {})
        for number in range(CYCLES)
    ]  # fmt: skip


def ours(folder: Path, cycles: list[Cycle], report: Report) -> list[float]:
    log, recorder = RiskLog(folder / "risk.db", max_age_s=1e10), Loopback(folder / "sessions", LoopbackOptions())
    log.start()
    recorder.start()
    recorder.begin(SESSION)

    def offer(one: Cycle) -> None:
        log.offer(one)
        recorder.offer(one)

    cpu = time.process_time()
    times = paced(offer, cycles)
    recorder.flush(30)
    log.flush(30)
    cpu = time.process_time() - cpu
    recorder.end()
    recorder.stop()
    log.stop()
    (facts,) = Sessions(folder / "sessions").every()
    assert facts.counts.total_cycles == CYCLES - recorder.dropped
    assert all(verify(part.path).ok for part in facts.parts)
    report.row("writers, CPU per cycle (not in the loop)", cpu / CYCLES * 1e6, unit="us")
    report.row(
        "cycles dropped of 5,000", recorder.dropped + log.dropped, unit="", promise="0", kept=recorder.dropped == 0
    )
    return times


def peer(folder: Path, cycles: list[Cycle]) -> list[float]:
    telling, numbers = Telling(images=True, image_rate_hz=1000.0), {}
    with (folder / "peer.mcap").open("wb") as file:
        writer = Writer(file, compression=CompressionType.ZSTD)
        writer.start()

        def offer(one: Cycle) -> None:
            time_ns = round(one.timestamp * 1e9)
            for told in telling.messages(one, time_ns):
                if told.channel.topic not in numbers:
                    schema = told.channel.schema
                    assert schema is not None
                    number = writer.register_schema(schema.name, schema.encoding, schema.data)
                    numbers[told.channel.topic] = writer.register_channel(
                        told.channel.topic, told.channel.message_encoding, number
                    )
                writer.add_message(numbers[told.channel.topic], time_ns, told.content, time_ns, one.cycle_id)

        times = paced(offer, cycles)
        writer.finish()
    return times


def main() -> None:
    report = Report("Recording a cycle: risk log and loopback, 6 joints, 1 kHz, 10 % rejected, a camera")
    cycles = prepared()
    gc.collect()
    gc.freeze()
    with tempfile.TemporaryDirectory() as folder:
        mine = ours(Path(folder), cycles, report)
        theirs = peer(Path(folder), cycles)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        at = int(share * CYCLES)
        kept = mine[at] <= PROMISED_US if name == "p50" else None
        promise = f"<= {PROMISED_US:g} us" if kept is not None else ""
        report.row(f"in the loop, per cycle, {name}", mine[at], theirs[at], "us", promise, kept=kept)
    report.row("in the loop, per cycle, mean", statistics.mean(mine), statistics.mean(theirs), "us")
    report.print()


if __name__ == "__main__":
    explain(__doc__)
    main()
