"""What signals did, as words and as signatures that can be compared."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.hub.similarity.domain import (
    PLACES,
    as_text,
    bands_of,
    best_in_common,
    from_text,
    in_common,
    score,
    signature_of,
    words,
)
from pilothouse.kit.clock import NS_PER_S

CENTER_NS = 1_000 * NS_PER_S
TIMES = CENTER_NS + np.arange(-50, 20) * NS_PER_S // 10


def said(values: object) -> set[str]:
    return set(words("/odom.v", TIMES, np.asarray(values, dtype=float), CENTER_NS))


def test_a_step_says_where_it_went_and_how_large_it_is() -> None:
    up = np.where(TIMES >= CENTER_NS, 10.0, 1.0)

    assert "/odom.v steps 2" in said(up)
    assert "/odom.v steps -2" in said(-up)
    assert "/odom.v size 1" in said(up)


def test_what_stands_still_or_is_not_a_number_says_nothing() -> None:
    assert said(np.full(70, 3.0)) == set()
    assert said(np.full(70, np.nan)) == set()
    assert said([*[np.nan] * 67, 1.0, 2.0, 3.0]) == set()


def test_numbers_beyond_all_bounds_do_no_harm() -> None:
    wild = np.where(TIMES >= CENTER_NS, 1.7e308, -1.7e308)
    wild[3] = np.inf

    assert all("nan" not in word for word in said(wild))


def test_the_same_course_a_little_noisier_is_said_in_mostly_the_same_words() -> None:
    noise = np.random.default_rng(7)
    course = np.where(TIMES >= CENTER_NS, 9.0, 2.0)

    one, other = said(course + noise.normal(0, 0.01, 70)), said(course + noise.normal(0, 0.01, 70))

    assert len(one & other) >= 3


def test_signatures_estimate_what_sets_have_in_common() -> None:
    ours = {f"word {number}" for number in range(100)}
    half = {f"word {number}" for number in range(50, 150)}
    none = {f"other {number}" for number in range(100)}

    signature = signature_of(ours)

    assert signature is not None
    assert in_common(signature, signature_of(sorted(ours)) or ()) == 1.0
    assert 0.1 < in_common(signature, signature_of(half) or ()) < 0.6
    assert in_common(signature, signature_of(none) or ()) < 0.1
    assert signature_of(set()) is None


def test_what_has_most_in_common_shares_a_band() -> None:
    ours = [f"word {number}" for number in range(100)]
    one, other = signature_of(ours), signature_of(ours[:90])

    assert one is not None
    assert other is not None
    assert set(bands_of(one)) & set(bands_of(other))
    assert all(0 <= band < 2**63 for band in bands_of(one))


@given(st.sets(st.text(), min_size=1))
def test_a_signature_survives_being_written_down(found: set[str]) -> None:
    signature = signature_of(found)

    assert signature is not None
    assert len(signature) == PLACES
    assert from_text(as_text(signature)) == signature
    assert len(as_text(signature)) == 256


def test_signals_that_were_not_recorded_say_nothing_against() -> None:
    assert score(same_rule=True, same_label=False, signals=None) == score(same_rule=True, same_label=False, signals=0.0)
    assert score(same_rule=True, same_label=True, signals=1.0) == 1.0
    assert best_in_common([], []) is None
