from pilothouse.kit.clock import NS_PER_S, ManualClock
from pilothouse.recorder.steady_time import SteadyTime

HOUR = 3_600


class Run:
    """A run of the recorder on a clock, with what the runs before it noted."""

    def __init__(self, clock: ManualClock, facts: dict[str, int]) -> None:
        self.facts = facts
        self.steady = SteadyTime(clock, facts.get, facts.update)

    @property
    def seconds(self) -> float:
        return self.steady.now_ns() / NS_PER_S


def test_it_goes_on_evenly_however_the_wall_clock_jumps() -> None:
    clock = ManualClock()
    run = Run(clock, {})
    before = run.seconds
    for step in (-HOUR, 10 * HOUR, -365 * 24 * HOUR):
        clock.advance(5)
        clock.step_wall(step)

    assert run.seconds - before == 15


def test_a_pause_between_runs_counts() -> None:
    clock = ManualClock(1_760_000_000 * NS_PER_S)
    facts: dict[str, int] = {}
    first = Run(clock, facts)
    before = first.seconds
    clock.advance(10)
    first.steady.keep()
    clock.advance(2 * HOUR)

    assert Run(clock, facts).seconds - before == 2 * HOUR + 10


def test_a_clock_that_was_wrong_in_the_last_run_or_is_wrong_now_makes_no_pause() -> None:
    for at_end_s, at_start_s in ((100, 1_760_000_000), (1_760_000_000, 100), (1_760_000_000, 1_750_000_000)):
        facts: dict[str, int] = {}
        first = Run(ManualClock(at_end_s * NS_PER_S), facts)
        first.steady.keep()

        assert Run(ManualClock(at_start_s * NS_PER_S), facts).seconds == first.seconds
