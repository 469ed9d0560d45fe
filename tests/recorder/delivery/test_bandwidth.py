import threading

from pilothouse.kit.clock import NS_PER_S, ManualClock
from pilothouse.recorder.delivery.bandwidth import Bandwidth


class Waits:
    """Never set; waiting lets the clock go on."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.longest_s = 0.0

    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float | None = None) -> bool:
        self.longest_s = max(self.longest_s, timeout or 0.0)
        self.clock.advance(timeout or 0.0)
        return False


def test_no_more_is_sent_than_the_rate_allows() -> None:
    clock = ManualClock()
    bandwidth, waits = Bandwidth(100_000, clock), Waits(clock)

    for _ in range(50):
        bandwidth.take(20_000, waits)

    assert 9.4 <= clock.monotonic_ns() / NS_PER_S <= 10.0
    assert waits.longest_s <= 0.25


def test_a_pause_is_not_made_up_for_by_a_burst() -> None:
    clock = ManualClock()
    bandwidth, waits = Bandwidth(100_000, clock), Waits(clock)
    clock.advance(3600)
    began_ns = clock.monotonic_ns()

    bandwidth.take(100_000, waits)

    assert (clock.monotonic_ns() - began_ns) / NS_PER_S >= 0.5


def test_two_that_share_a_link_get_the_rate_together() -> None:
    clock = ManualClock()
    bandwidth, waits = Bandwidth(100_000, clock), Waits(clock)

    for _ in range(10):
        bandwidth.take(50_000, waits)
        bandwidth.take(50_000, waits)

    assert clock.monotonic_ns() / NS_PER_S >= 9.4


def test_without_a_limit_nothing_waits_and_a_stop_ends_every_wait() -> None:
    clock = ManualClock()
    Bandwidth(None, clock).take(1 << 40, Waits(clock))
    stop = threading.Event()
    stop.set()
    Bandwidth(1_000, clock).take(1 << 40, stop)

    assert clock.monotonic_ns() == 0


def test_a_slow_link_gets_small_chunks() -> None:
    clock = ManualClock()

    assert Bandwidth(None, clock).chunk_bytes(4_000_000, 64_000) == 4_000_000
    assert Bandwidth(100_000, clock).chunk_bytes(4_000_000, 64_000) == 500_000
    assert Bandwidth(2_000, clock).chunk_bytes(4_000_000, 64_000) == 64_000
