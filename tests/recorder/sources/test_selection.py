from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import Channel
from pilothouse.recorder.losses import Ledger
from pilothouse.recorder.sources.gate import NOWHERE, Gate
from pilothouse.recorder.sources.selection import RateLimit, Selection
from tests.support.ears import Ear

START_NS = 1_700_000_000 * NS_PER_S


def test_everything_is_wanted_by_default() -> None:
    assert Selection().wants("/camera/front/image")
    assert Selection().limit("/camera/front/image") is None


def test_exclusion_wins_over_inclusion_and_stars_match_slashes() -> None:
    selection = Selection(include=("/camera/*", "/odom"), exclude=("*/raw",))

    wanted = ["/odom", "/camera/front/jpeg", "/camera/front/raw", "/odometry", "/speed"]

    assert [topic for topic in wanted if selection.wants(topic)] == ["/odom", "/camera/front/jpeg"]


def test_a_topic_left_out_leads_nowhere() -> None:
    gate = Gate(ear := Ear(), Selection(exclude=("/b",)))

    for topic in ("/a", "/b"):
        gate.message(gate.channel(Channel(topic, "json")), START_NS, b"{}")

    assert gate.channel(Channel("/b", "json")) == NOWHERE
    assert ear.counts() == {"/a": 1}


def test_a_limited_topic_keeps_its_rate_and_counts_the_rest() -> None:
    gate = Gate(ear := Ear(), Selection(max_rate_hz={"/camera/*": 5, "*": 10}))
    camera, odometry = gate.channel(Channel("/camera/a", "json")), gate.channel(Channel("/odom", "json"))

    for number in range(300):
        gate.message(camera, START_NS + number * NS_PER_S // 30, b"{}")
        gate.message(odometry, START_NS + number * NS_PER_S // 30, b"{}")

    assert ear.counts() == {"/camera/a": 50, "/odom": 100}
    assert gate.thinned == {"/camera/a": 250, "/odom": 200}


def test_what_is_said_once_is_never_thinned_out() -> None:
    gate = Gate(ear := Ear(), Selection(max_rate_hz={"*": 1}))
    channel_id = gate.channel(Channel("/tf_static", "json"))

    for _ in range(3):
        gate.message(channel_id, START_NS, b"{}")

    assert ear.counts() == {"/tf_static": 3}


def test_a_clock_set_back_does_not_silence_a_topic() -> None:
    limit = RateLimit(1)

    assert limit.passes(START_NS)
    assert limit.passes(START_NS - 3600 * NS_PER_S)
    assert not limit.passes(START_NS - 3600 * NS_PER_S + 1)


@given(st.lists(st.integers(0, 10 * NS_PER_S), max_size=200), st.floats(0.5, 50))
def test_no_second_holds_more_than_the_rate(times: list[int], rate_hz: float) -> None:
    limit = RateLimit(rate_hz)

    passed = [time_ns for time_ns in sorted(times) if limit.passes(time_ns)]

    for start_ns in passed:
        assert sum(start_ns <= one < start_ns + NS_PER_S for one in passed) <= rate_hz + 2


def test_one_channel_that_cannot_be_recorded_stops_no_other() -> None:
    class Picky(Ear):
        def channel(self, channel: Channel) -> int:
            if channel.topic == "/bad":
                raise UnicodeError("no such letter")
            return super().channel(channel)

    gate = Gate(ear := Picky(), Selection(exclude=("/left out",)), ledger=(ledger := Ledger(60)))
    for topic in ("/bad", "/good", "/left out", "/bad"):
        gate.message(gate.channel(Channel(topic, "json")), START_NS, b"{}")

    assert ear.counts() == {"/good": 1}
    assert gate.refused == {"/bad"}
    assert ledger.rejected.counts == {"/bad": 2}
