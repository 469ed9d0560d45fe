"""What the signals of a recording did, as a small signature that can be compared and looked up. Pure.

Each number that moved around the trigger is said in a few coarse words: whether it stepped up or down there, when it
peaked, how restless it was, how large it is. The set of these words is kept as a MinHash (Broder 1997): the share of
equal places of two signatures estimates how much two sets have in common, and recordings that share a band of them are
found by an index.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pilothouse.kit.clock import NS_PER_S

PLACES = 32
# Two places in a band: two recordings with half of their words in common share one of 16 bands 99 times in a hundred.
BAND_PLACES = 2
BEFORE_NS = 5 * NS_PER_S
AFTER_NS = 2 * NS_PER_S
# A number that moves by less than this share of its size stands still.
STILL = 1e-9
# Fewer samples have no shape.
FEWEST_SAMPLES = 4
QUARTERS = 4

RULE_WEIGHT = 0.4
LABEL_WEIGHT = 0.15
SIGNAL_WEIGHT = 0.45
# Below this two incidents have nothing to do with each other.
FAINT = 0.1

Signature = tuple[int, ...]


def words(field: str, times_ns: NDArray[np.int64], values: NDArray[np.float64], center_ns: int) -> Iterator[str]:
    """What one number did around a time; nothing if it stood still or is hardly there."""
    finite = np.isfinite(values)
    times_ns, values = times_ns[finite], values[finite]
    if len(values) < FEWEST_SAMPLES:
        return
    size = float(np.abs(values).max())
    # The largest numbers there are have a difference that is none.
    values = values / max(1.0, size)
    spread = float(values.max() - values.min())
    if spread <= STILL:
        return
    before, after = values[times_ns < center_ns], values[times_ns >= center_ns]
    if len(before) and len(after):
        yield f"{field} steps {round(2 * float(after.mean() - before.mean()) / spread)}"
    yield f"{field} peaks {_quarter(times_ns, int(values.argmax()), center_ns)}"
    yield f"{field} dips {_quarter(times_ns, int(values.argmin()), center_ns)}"
    yield f"{field} turns {round(math.log2(max(1.0, float(np.abs(np.diff(values)).sum()) / spread)))}"
    yield f"{field} size {round(math.log10(size))}"


def _quarter(times_ns: NDArray[np.int64], place: int, center_ns: int) -> int:
    begin_ns = center_ns - BEFORE_NS
    return (int(times_ns[place]) - begin_ns) * QUARTERS // (BEFORE_NS + AFTER_NS + 1)


def signature_of(said: Iterable[str]) -> Signature | None:
    """The MinHash of a set of words; None for the empty set, which is like nothing."""
    hashes = [int.from_bytes(hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()) for word in said]
    if not hashes:
        return None
    mixed = np.array(hashes, dtype=np.uint64)[:, None] ^ _SALTS[None, :]
    # The finalizer of splitmix64: every bit of the input changes half of the output.
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return tuple(int(one) & 0xFFFF_FFFF for one in mixed.min(axis=0))


_SALTS = np.array(
    [int.from_bytes(hashlib.blake2b(f"place {place}".encode(), digest_size=8).digest()) for place in range(PLACES)],
    dtype=np.uint64,
)


def bands_of(signature: Signature) -> list[int]:
    """What an index finds a signature by: 63 bits each, the band's number among them."""
    bands = []
    for first in range(0, PLACES, BAND_PLACES):
        text = f"{first}:{signature[first : first + BAND_PLACES]}"
        bands.append(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1)
    return bands


def in_common(one: Signature, other: Signature) -> float:
    """The share of words that two recordings have in common, from 0 to 1; an estimate, ±0.09."""
    return sum(a == b for a, b in zip(one, other, strict=True)) / PLACES


def best_in_common(ours: Sequence[Signature], theirs: Sequence[Signature]) -> float | None:
    """Of the recordings of two incidents, those most alike; None when either has none to compare."""
    return max((in_common(one, other) for one in ours for other in theirs), default=None)


def score(*, same_rule: bool, same_label: bool, signals: float | None) -> float:
    """From 0 to 1. Signals that were not recorded say nothing for or against."""
    known = RULE_WEIGHT * same_rule + LABEL_WEIGHT * same_label
    if signals is None:
        return round(known, 3)
    return round(known + SIGNAL_WEIGHT * signals, 3)


def as_text(signature: Signature) -> str:
    return "".join(f"{one:08x}" for one in signature)


def from_text(text: str) -> Signature:
    return tuple(int(text[first : first + 8], 16) for first in range(0, 8 * PLACES, 8))
