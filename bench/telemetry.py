"""Telemetry to many clients: the real program, real WebSockets, and a driver in this process that offers cycles.

Run: python -m bench.telemetry [SECONDS]
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.report import Report, explain
from pilothouse.guard.model import Action, Cycle, Decision, GuardStatus, Latency, Layer, Observation, RiskLevel, Verdict
from pilothouse.guard.routes import telemetry as routes
from pilothouse.guard.telemetry import MetricBus, TelemetryService
from pilothouse.kit.logs import set_up_logging
from pilothouse.web import ServiceSettings, create_service
from pilothouse.web.process import bind, config_of, url_of
from pilothouse.web.server import Server

SECONDS = 10.0
POSE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


def cycle() -> Cycle:
    """What a six-joint arm says of a cycle that passed."""
    action = Action(POSE, 0.04)
    names = (("OODGuard", Layer.L0), ("MotionGuard", Layer.L1), ("TaskGuard", Layer.L2), ("HardwareGuard", Layer.L3))
    statuses = tuple(GuardStatus(name, layer, Decision.PASS, latency_ms=0.01) for name, layer in names)
    return Cycle(
        cycle_id=0, trace_id="3fa8b1c2-0000-4000-a000-000000000000", session_id="sess", timestamp=0.0, monotonic_ns=0,
        verdict=Verdict(Decision.PASS, action, action, guard_statuses=statuses), executed=action,
        observation=Observation(0.0, POSE, POSE), risk_level=RiskLevel.NORMAL,
        latency=Latency(0.1, 0.2, 0.04, 0.1, 0.5), task="pick", active_boundaries=("limits",), deadline_ms=20.0,
        config_hash="c0ffee",
    )  # fmt: skip


class _Quiet(Server):
    def capture_signals(self) -> Any:
        import contextlib

        return contextlib.nullcontext()


class _Runtime:
    """As much of a runtime as the socket needs."""

    def __init__(self, service: TelemetryService) -> None:
        self.telemetry = service


class Serving:
    """The route itself on a real server in a thread, as in the guard; the driver offers from another thread."""

    def __enter__(self) -> Serving:
        self.service = TelemetryService(MetricBus(), 20.0)
        self.service.start()
        app = create_service(
            title="bench", description="", settings=ServiceSettings(log_level="error"), routers=[routes.socket_router]
        )
        app.state.runtime, app.state.telemetry_sockets = _Runtime(self.service), set()
        bound = bind("127.0.0.1", 0)
        self.url = url_of(bound).replace("http", "ws") + "/ws/telemetry"
        self._server = _Quiet(config_of(app))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve(sockets=[bound])), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(5)
        self.service.stop()

    def wait_for(self, clients: int) -> None:
        until = time.monotonic() + 30
        while self.service.readers < clients and time.monotonic() < until:
            time.sleep(0.05)

    def drive(self, hz: float, seconds: float) -> tuple[int, list[float]]:
        """Offer cycles at a rate; answers how many, and what each offer cost in microseconds."""
        made, costs, count = cycle(), [], round(hz * seconds)
        due = time.monotonic()
        for number in range(count):
            due += 1 / hz
            time.sleep(max(0.0, due - time.monotonic()))
            one = replace(made, cycle_id=number, timestamp=time.time())
            before = time.perf_counter_ns()
            self.service.offer(one)
            costs.append((time.perf_counter_ns() - before) / 1e3)
        return count, costs


def listen(url: str, count: int, results: Any) -> None:
    """So many clients in a process of their own; each counts what it got, what it was told it missed, and the delay."""
    from websockets.asyncio.client import connect

    async def one() -> tuple[int, int, int, list[float]]:
        got, missed, gaps, last, delays = 0, 0, 0, None, []
        async with connect(url, compression=None, max_queue=None) as socket:
            while True:
                text = await asyncio.wait_for(socket.recv(), 30)
                at = time.time()
                if b'"end"' in (text if isinstance(text, bytes) else text.encode()):
                    return got, missed, gaps, delays
                event = json.loads(text)
                got += 1
                missed += event.get("missed", 0)
                if last is not None:
                    gaps += abs(event["seq"] - last - 1 - event.get("missed", 0))
                last = event["seq"]
                delays.append((at - event["timestamp"]) * 1e3)

    async def every() -> list[tuple[int, int, int, list[float]]]:
        return await asyncio.gather(*(one() for _ in range(count)))

    results.put(asyncio.run(every()))


def measure(hz: float, clients: int, seconds: float) -> dict[str, float]:
    """Drive clients at a rate."""
    with Serving() as serving:
        queue: Any = multiprocessing.get_context("spawn").Queue()
        process = multiprocessing.get_context("spawn").Process(target=listen, args=(serving.url, clients, queue))
        if clients:
            process.start()
        serving.wait_for(clients)
        count, costs = serving.drive(hz, seconds)
        time.sleep(0.5)
        ending = replace(cycle(), cycle_id=-1, task="end", verdict=replace(cycle().verdict, decision=Decision.REJECT))
        serving.service.offer(ending)
        found = queue.get(timeout=60) if clients else []
        if clients:
            process.join(30)
    got = sum(one[0] for one in found)
    delays = sorted(delay for one in found for delay in one[3])
    return {
        "offered": count,
        "share": got / (count * clients) if clients else 0.0,
        "uncounted": sum(abs(count - one[0] - one[1]) for one in found),
        "gaps": sum(one[2] for one in found),
        "p99_ms": delays[int(len(delays) * 0.99)] if delays else 0.0,
        "p50_ms": statistics.median(delays) if delays else 0.0,
        "offer_us": statistics.median(costs),
    }


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    set_up_logging(level="error")
    report = Report("Telemetry: WS /ws/telemetry")
    calm = measure(50, 100, seconds)
    report.row(
        "50 Hz x 100 clients: delivered", calm["share"] * 100, unit="%", promise="100 %", kept=calm["share"] == 1
    )
    report.row("  delay p50", calm["p50_ms"], unit="ms")
    report.row("  delay p99", calm["p99_ms"], unit="ms", promise="<= 15 ms", kept=calm["p99_ms"] <= 15)
    fast = measure(1000, 20, seconds)
    report.row("1 kHz x 20 clients: delivered", fast["share"] * 100, unit="%")
    exact = fast["uncounted"] == 0 and fast["gaps"] == 0
    report.row("  events neither delivered nor counted", fast["uncounted"], unit="", promise="0", kept=exact)
    report.row("  delay p99", fast["p99_ms"], unit="ms")
    alone = measure(50, 0, min(seconds, 5.0))
    for clients, one in ((0, alone), (100, calm)):
        report.row(f"cost to the loop, {clients} clients, p50", one["offer_us"], unit="us")
    report.print()


if __name__ == "__main__":
    explain(__doc__)
    main()
