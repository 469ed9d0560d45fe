import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kit.clock import NS_PER_S
from pilothouse.triggers import Rule, Ticker
from pilothouse.wire import TriggerFired
from tests.support.rules import fires_at, firings, ns, rule_of

SCAN = "/scan"


def scan_rule(**changes: object) -> Rule:
    return rule_of(kind="dropout", topic=SCAN, max_gap_s=1, **changes)


def test_a_silence_that_is_too_long_fires_when_it_became_so() -> None:
    fired = firings(scan_rule(name="blind"), (0, SCAN, {}), (1, "", ...), (1.3, "", ...))

    assert fired == [
        TriggerFired(rule="blind", kind="dropout", topic=SCAN, value=1.0, op="gt", threshold=1.0, fired_at_ns=NS_PER_S)
    ]


def test_a_silence_of_exactly_the_limit_is_fine() -> None:
    assert fires_at(scan_rule(), (0, SCAN, {}), (1, SCAN, {}), (2, SCAN, {})) == []


def test_a_topic_that_never_spoke_is_not_missed() -> None:
    assert fires_at(scan_rule(), (0, "", ...), (3600, "", ...)) == []


def test_it_fires_once_per_silence() -> None:
    rule = scan_rule()

    assert fires_at(rule, (0, SCAN, {}), (2, "", ...), (3, "", ...), (4, SCAN, {}), (4.5, "", ...)) == [1]
    assert fires_at(rule, (6, "", ...)) == [5]


def test_a_gap_nobody_watched_is_found_by_the_message_that_ends_it() -> None:
    assert fires_at(scan_rule(), (0, SCAN, {}), (10, SCAN, {}), (10.5, SCAN, {})) == [1]


def test_a_silence_that_outlives_the_cooldown_fires_when_it_ends() -> None:
    rule = scan_rule(cooldown_s=5)

    assert fires_at(rule, (0, SCAN, {}), (2, SCAN, {}), (4, SCAN, {}), (4.5, SCAN, {}), (9, "", ...)) == [1, 6]


def test_what_a_message_holds_does_not_matter() -> None:
    rule = scan_rule()

    assert fires_at(rule, (0, SCAN, None), (1, SCAN, float("nan")), (2, SCAN, [])) == []
    assert rule.unmeasured == 0


def test_a_clock_that_steps_back_is_no_silence_and_hides_none() -> None:
    rule = scan_rule(cooldown_s=1)

    assert fires_at(rule, (3600, SCAN, {}), (3602, "", ...)) == [3601]
    assert fires_at(rule, (10, "", ...), (10, SCAN, {}), (10.5, SCAN, {})) == []
    assert fires_at(rule, (12, "", ...)) == [11.5]


def test_a_clock_that_steps_back_in_the_middle_of_a_silence_counts_it_anew() -> None:
    assert fires_at(scan_rule(), (100, SCAN, {}), (50, "", ...), (50.9, "", ...), (51.1, "", ...)) == [51]


def test_it_is_active_while_the_silence_is_too_long() -> None:
    rule = scan_rule()
    fires_at(rule, (0, SCAN, {}))

    assert not rule.is_active(ns(1))
    assert rule.is_active(ns(1.01))


@given(st.lists(st.integers(1, 3_000), max_size=30), st.integers(0, 3_000), st.integers(1, 400))
def test_how_often_time_is_told_changes_nothing(gaps_ms: list[int], rest_ms: int, step_ms: int) -> None:
    def fired(*, told: bool) -> list[int]:
        rule, found, now = scan_rule(cooldown_s=2), [], 0
        for gap_ms in [*gaps_ms, rest_ms]:
            times = range(now, now + gap_ms, step_ms) if told else ()
            found += [one.fired_at_ns for time_ms in times if (one := rule.tick(time_ms * 1_000_000))]
            now += gap_ms
            found += [one.fired_at_ns for one in [rule.observe(SCAN, now * 1_000_000, {})] if one]
        return found

    assert fired(told=True) == fired(told=False)


def test_a_ticker_asks_only_those_who_want_to_know_ten_times_a_second() -> None:
    scan, speed = scan_rule(), rule_of(kind="threshold", topic="/speed", field="data", op="gt", value=1)
    ticker = Ticker([("scan", scan), ("speed", speed)])
    scan.observe(SCAN, 0, {})

    told = [
        now
        for now in range(0, 3 * NS_PER_S, 10_000_000)
        if ticker.due_at(SCAN, now) is not None and [*ticker.tick(now), now]
    ]

    assert len(told) == 30


@pytest.mark.parametrize("now_s", [0, 1, 5_000])
def test_a_ticker_without_rules_is_never_due(now_s: int) -> None:
    assert Ticker([]).due_at(SCAN, ns(now_s)) is None


def test_a_ticker_is_due_when_the_clock_steps_back() -> None:
    ticker = Ticker([("scan", scan_rule())])
    list(ticker.tick(ns(100)))

    assert ticker.due_at(SCAN, ns(100.05)) is None
    assert ticker.due_at(SCAN, ns(50)) == ns(50)
