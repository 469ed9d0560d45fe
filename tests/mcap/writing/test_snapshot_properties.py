"""Whatever happens, a snapshot holds exactly the messages of its window, each channel in its order."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.mcap import Compression, Group, Ring, open_recording, verify, write_capture
from tests.support.flights import json_channel
from tests.support.readers import read_as_stream, read_by_index

TOPICS = ("/a", "/b", "/c")
SOON = st.integers(0, 60)
SIZES = st.sampled_from([0, 1, 7, 200, 3000, 17_000])
SAID = st.tuples(st.sampled_from(TOPICS), SOON, SIZES)
STEPS = st.lists(st.one_of(SAID, st.just("seal")), max_size=60)
GROUPS: st.SearchStrategy[dict[str, Group | None]] = st.fixed_dictionaries(
    {topic: st.sampled_from([None, "small", "fat"]) for topic in TOPICS}
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    steps=STEPS,
    window=st.tuples(SOON, SOON).map(sorted),
    groups=GROUPS,
    compression=st.sampled_from(["zstd", "lz4", "none"]),
    chunk_bytes=st.sampled_from([1, 100, 5000, 1 << 20]),
)
def test_a_snapshot_holds_exactly_the_messages_of_its_window(
    steps: list[tuple[str, int, int] | str],
    window: list[int],
    groups: dict[str, Group | None],
    compression: Compression,
    chunk_bytes: int,
) -> None:
    start_ns, end_ns = window
    expected: dict[str, list[tuple[int, bytes]]] = defaultdict(list)
    with (
        tempfile.TemporaryDirectory() as folder,
        Ring(window_s=600, max_bytes=1 << 28, compression=compression, chunk_bytes=chunk_bytes) as ring,
    ):
        channels = {topic: ring.add_channel(json_channel(topic), group=groups[topic]) for topic in TOPICS}
        for number, step in enumerate(steps):
            if isinstance(step, str):
                ring.seal()
                continue
            topic, log_time_ns, size = step
            content = number.to_bytes(2, "big") + bytes(size)
            ring.append(channels[topic], log_time_ns, content)
            if start_ns <= log_time_ns <= end_ns:
                expected[topic].append((log_time_ns, content))
        snapshot = ring.snapshot(start_ns, end_ns)
        captured = write_capture(snapshot, Path(folder) / "a.mcap", metadata={})
        with open_recording(captured.path) as recording:
            ours = [(one.channel.topic, one.log_time_ns, one.content) for one in recording.messages()]
        streamed = [tuple(one) for one in read_as_stream(captured.path)]
        indexed = [tuple(one) for one in read_by_index(captured.path)]
        checked = verify(captured.path)

    times = [log_time_ns for said in expected.values() for log_time_ns, _ in said]
    for topic in TOPICS:
        in_order = sorted(expected[topic], key=lambda one: one[0])
        assert [one[1:] for one in ours if one[0] == topic] == in_order
        assert [one[1:] for one in indexed if one[0] == topic] == in_order
        assert [one[1:] for one in streamed if one[0] == topic] == expected[topic]
    assert checked.ok, checked.problems
    assert [one[1] for one in ours] == sorted(times)
    assert snapshot.message_count == captured.message_count == len(ours) == len(times)
    assert snapshot.span_ns == ((min(times), max(times)) if times else None)
