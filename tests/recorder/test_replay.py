import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kit.clock import NS_PER_S, ManualClock, SystemClock
from pilothouse.mcap import Channel
from pilothouse.recorder.problems import SourceUnusable
from pilothouse.recorder.sources import SourceRunner, SourceState
from pilothouse.recorder.sources.base import Content
from pilothouse.recorder.sources.config import ReplayConfig
from pilothouse.recorder.sources.pace import BETWEEN_ROUNDS_NS, Pace
from pilothouse.recorder.sources.replay import Replay
from pilothouse.recorder.sources.selection import Selection
from tests.support.flights import START_NS, truncated, write_flight
from tests.support.processes import eventually


class Ear:
    """A sink that remembers; it can ask for silence after so many messages."""

    def __init__(self, *, stop_after: int | None = None, stop: threading.Event | None = None) -> None:
        self.channels: list[Channel] = []
        self.messages: list[tuple[str, int, bytes]] = []
        self.publish_times: list[int | None] = []
        self._stop_after = stop_after
        self._stop = stop

    most_bytes = sys.maxsize

    def hold(self, size: int) -> None: ...

    def channel(self, channel: Channel) -> int:
        self.channels.append(channel)
        return len(self.channels)

    def message(self, channel_id: int, log_time_ns: int, content: Content, publish_time_ns: int | None = None) -> None:
        self.messages.append((self.channels[channel_id - 1].topic, log_time_ns, bytes(content)))
        self.publish_times.append(publish_time_ns)
        if self._stop is not None and len(self.messages) == self._stop_after:
            self._stop.set()


def replayed(path: Path, ear: Ear, stop: threading.Event | None = None, **config: object) -> Replay:
    clock = ManualClock()
    replay = Replay.open(ReplayConfig.model_validate({"path": path, "speed": "max", **config}), clock)
    replay.run(ear, stop or threading.Event())
    return replay


def test_a_flight_begins_now_and_keeps_its_own_time_scale(tmp_path: Path) -> None:
    write_flight(tmp_path / "f.mcap", seconds=2, start_ns=START_NS - 10**17)
    ear = Ear()

    replay = replayed(tmp_path / "f.mcap", ear)

    now_ns = ManualClock().now_ns()
    odometry = [time_ns for topic, time_ns, _ in ear.messages if topic == "/odom"]
    assert odometry == [now_ns + n * NS_PER_S // 50 for n in range(100)]
    assert [time_ns for _, time_ns, _ in ear.messages] == ear.publish_times
    assert (replay.progress.messages, replay.progress.fraction) == (120, 1.0)


def test_a_loop_goes_on_where_the_flight_ends(tmp_path: Path) -> None:
    write_flight(tmp_path / "f.mcap", seconds=1)
    stop = threading.Event()
    ear = Ear(stop_after=150, stop=stop)

    replay = replayed(tmp_path / "f.mcap", ear, stop, loop=True)

    times = [time_ns for _, time_ns, _ in ear.messages]
    assert len(times) == 150
    assert times == sorted(times)
    assert times[60] - times[59] == BETWEEN_ROUNDS_NS
    assert replay.progress.fraction is None


def test_real_time_waits_for_each_message(tmp_path: Path) -> None:
    write_flight(tmp_path / "f.mcap", seconds=1)
    runner = SourceRunner(Replay.open(ReplayConfig(path=tmp_path / "f.mcap", speed=0.001), SystemClock()), ear := Ear())

    runner.start()
    eventually(lambda: ear.messages, what="the first message")
    runner.ask_to_stop()
    runner.join(30)

    assert runner.state is SourceState.ENDED
    assert len(ear.messages) < 60


def test_a_file_that_breaks_off_is_refused_with_advice(tmp_path: Path) -> None:
    write_flight(tmp_path / "f.mcap", seconds=20)
    cut = truncated(tmp_path / "f.mcap", tmp_path / "cut.mcap")

    with pytest.raises(SourceUnusable, match="pilothouse mcap recover"):
        Replay.open(ReplayConfig(path=cut), ManualClock())


@pytest.mark.parametrize("content", [b"", b"garbage" * 100, None])
def test_a_file_that_cannot_be_played_is_refused_before_anything_starts(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "f.mcap"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SourceUnusable) as problem:
        Replay.open(ReplayConfig(path=path), ManualClock())

    assert "f.mcap" in problem.value.sentence


def test_a_source_that_dies_is_shown_and_takes_nothing_with_it(tmp_path: Path) -> None:
    class Dying:
        name = "dying"
        live = False
        selection = Selection()
        progress = Replay.open(ReplayConfig(path=write_flight(tmp_path / "f.mcap").path), ManualClock()).progress

        def run(self, sink: object, stop: threading.Event) -> None:
            raise RuntimeError("the cable came off")

    ended = threading.Event()
    runner = SourceRunner(Dying(), Ear(), ended.set)
    runner.start()

    assert ended.wait(30)
    assert runner.state is SourceState.FAILED
    assert runner.error == "RuntimeError: the cable came off"


@given(st.integers(0, 2**62), st.integers(0, 10**12), st.floats(0.01, 100), st.integers(0, 3))
def test_the_pace_keeps_order_and_scale(first_ns: int, length_ns: int, speed: float, rounds: int) -> None:
    begins_ns = 1_700_000_000 * NS_PER_S
    pace = Pace(first_ns=first_ns, last_ns=first_ns + length_ns, begins_ns=begins_ns, speed=speed)
    for _ in range(rounds):
        pace.next_round()

    first, last = pace.log_time_ns(first_ns), pace.log_time_ns(first_ns + length_ns)

    assert first == begins_ns + rounds * (length_ns + BETWEEN_ROUNDS_NS)
    assert last - first == length_ns
    assert abs(pace.due_ns(last) - (last - begins_ns) / speed) < 1e3
