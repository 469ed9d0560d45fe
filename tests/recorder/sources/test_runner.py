import threading
from collections.abc import Callable
from pathlib import Path

from pilothouse.kit.clock import ManualClock
from pilothouse.mcap import Channel
from pilothouse.recorder.backoff import Backoff
from pilothouse.recorder.problems import PeerLost
from pilothouse.recorder.sources import SourceRunner, SourceState
from pilothouse.recorder.sources.base import LiveSource, SourceSink
from pilothouse.recorder.sources.config import ReplayConfig
from pilothouse.recorder.sources.replay import Replay
from pilothouse.recorder.sources.selection import Selection
from tests.support.ears import Ear, listening
from tests.support.flights import write_flight
from tests.support.processes import eventually

Act = Callable[["Scripted", SourceSink, threading.Event], None]


class Scripted(LiveSource):
    """Each connection is one act; after the last it stays connected."""

    def __init__(self, *acts: Act) -> None:
        super().__init__("scripted", Selection())
        self._acts = list(acts)
        self.hold = threading.Event()

    def _listen(self, sink: SourceSink, stop: threading.Event) -> None:
        if self._acts:
            self._acts.pop(0)(self, sink, stop)
        else:
            speak(self, sink, stop)
            stop.wait(60)


def refuse(source: Scripted, sink: SourceSink, stop: threading.Event) -> None:
    raise PeerLost(peer="it", reason="refused")


def speak(source: Scripted, sink: SourceSink, stop: threading.Event) -> None:
    source._has_connected()
    source._messages += 1
    sink.message(sink.channel(Channel("/a", "json")), 1, b"{}")


def crash(source: Scripted, sink: SourceSink, stop: threading.Event) -> None:
    speak(source, sink, stop)
    raise ZeroDivisionError("a bug")


def held(source: Scripted, sink: SourceSink, stop: threading.Event) -> None:
    source.hold.wait(60)


def test_a_live_source_is_started_again_however_it_ends() -> None:
    with listening(Scripted(refuse, crash, speak, refuse)) as (runner, ear):
        eventually(lambda: ear.counts()["/a"] == 3, what="three connections")
        eventually(lambda: runner.state is SourceState.RUNNING, what="the source")

        assert runner.restarts == 4
        assert runner.error is None
        assert runner.progress.connections == 3
    assert runner.state is SourceState.ENDED


def test_a_source_that_is_away_says_so_and_why() -> None:
    source = Scripted(refuse, held)
    with listening(source) as (runner, _):
        eventually(lambda: runner.restarts == 1, what="the second attempt")

        assert runner.state is SourceState.RETRYING
        assert runner.error == "No connection to it: refused"
        assert not runner.is_over
        source.hold.set()
        eventually(lambda: runner.state is SourceState.RUNNING, what="the third attempt")


def test_a_source_that_first_connects_is_starting() -> None:
    source = Scripted(held)
    with listening(source) as (runner, _):
        assert runner.state is SourceState.STARTING
        source.hold.set()


def test_the_wait_before_another_attempt_ends_with_the_recorder() -> None:
    runner = SourceRunner(Scripted(refuse), Ear(), backoff=Backoff(initial_s=3600, maximum_s=3600))
    runner.start()
    eventually(lambda: runner.state is SourceState.RETRYING, what="the failure")

    runner.ask_to_stop()
    runner.join(30)

    assert runner.state is SourceState.ENDED


def test_a_replay_is_played_once(tmp_path: Path) -> None:
    write_flight(tmp_path / "f.mcap", seconds=1)
    config = ReplayConfig(path=tmp_path / "f.mcap", speed="max")

    with listening(Replay.open(config, ManualClock())) as (runner, ear):
        eventually(lambda: runner.is_over, what="its end")

    assert (runner.state, runner.restarts) == (SourceState.ENDED, 0)
    assert ear.counts() == {"/odom": 50, "/speed": 10}


def test_a_replay_whose_file_has_gone_has_failed_and_is_not_tried_again(tmp_path: Path) -> None:
    write_flight(tmp_path / "f.mcap", seconds=1)
    replay = Replay.open(ReplayConfig(path=tmp_path / "f.mcap", speed="max"), ManualClock())
    (tmp_path / "f.mcap").unlink()

    with listening(replay) as (runner, _):
        eventually(lambda: runner.is_over, what="its end")

    assert (runner.state, runner.restarts) == (SourceState.FAILED, 0)
    assert runner.error is not None
