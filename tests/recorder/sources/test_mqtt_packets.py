"""What the MQTT library gets of a stream of packets, however that comes in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt._packet import decode_publish
from paho.mqtt.enums import MQTTProtocolVersion

from pilothouse.recorder.sources import mqtt_packets
from pilothouse.recorder.sources.mqtt_packets import Packets

SMALL, MOST = 20, 300
PING, SUBACK = b"\xd0\x00", b"\x90\x03\x00\x01\x00"


def published(topic: str, content: bytes, qos: int, number: int) -> bytes:
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + (number.to_bytes(2, "big") if qos else b"") + content
    return bytes([0x30 | qos << 1]) + written(len(body)) + body


def written(length: int) -> bytes:
    first, rest = length % 128, length // 128
    return bytes([first | 128]) + written(rest) if rest else bytes([first])


class Peer:
    """A socket on which a stream comes in pieces; before each it blocks once."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces
        self.waits = True
        self.held: list[int] = []

    def read(self, size: int) -> bytes:
        if not self.pieces:
            return b""
        self.waits = not self.waits
        if not self.waits:
            raise BlockingIOError
        piece = self.pieces.pop(0)
        if piece[size:]:
            self.pieces.insert(0, piece[size:])
        return piece[:size]


def read_all(packets: Packets, size: int) -> bytes:
    found, blocked = b"", 0
    while blocked < 10_000:
        try:
            part = packets.receive(size)
        except BlockingIOError:
            blocked += 1
            continue
        if not part:
            return found
        found += part
    raise AssertionError("it never ends")


def cut_into(stream: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(stream[:size])
        stream = stream[size:]
    return [one for one in (*pieces, stream) if one]


messages = st.tuples(st.text(min_size=1, max_size=5), st.binary(max_size=2 * MOST), st.integers(0, 2))


@given(
    st.lists(messages, max_size=6), st.lists(st.integers(1, 50), max_size=30), st.integers(1, 400),
)  # fmt: skip
def test_small_packets_pass_large_ones_become_tokens_and_nothing_is_lost(
    said: list[tuple[str, bytes, int]], sizes: list[int], asked: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mqtt_packets, "LARGE_BYTES", SMALL)
        stream = b"".join(published(*one, number) + PING + SUBACK for number, one in enumerate(said, 1))
        peer = Peer(cut_into(stream, sizes))
        packets = Packets(peer.read, most_bytes=lambda: MOST, hold=peer.held.append)
        passed = read_all(packets, asked)

    for number, (topic, content, qos) in enumerate(said, 1):
        length, begin = 0, 1
        while passed[begin] > 127:
            length, begin = length + (passed[begin] & 127) * 128 ** (begin - 1), begin + 1
        length, begin = length + passed[begin] * 128 ** (begin - 1), begin + 1
        found = decode_publish(passed[0], passed[begin : begin + length], MQTTProtocolVersion.MQTTv311)
        assert (found.topic, found.qos, found.mid) == (topic.encode(), qos, number if qos else 0)
        large = packets.take(found.mid, found.payload) if qos else None
        if qos and large is not None:
            assert (large.size, large.content) == (len(content), content if len(content) <= MOST else None)
        elif qos:
            assert found.payload == content
        assert passed[begin + length :].startswith(PING + SUBACK)
        passed = passed[begin + length + len(PING + SUBACK) :]
    assert passed == b""


def test_room_is_asked_for_before_the_content_comes() -> None:
    content = b"x" * (300 << 10)
    head, body = (stream := published("map", content, 1, 7))[:11], stream[11:]
    peer = Peer([head, body])
    packets = Packets(peer.read, most_bytes=lambda: 1 << 20, hold=peer.held.append)

    while not peer.held:
        with pytest.raises(BlockingIOError):
            packets.receive(1)
    assert peer.pieces == [body]
    assert peer.held == [len(content)]

    token = read_all(packets, 100)[-16:]
    large = packets.take(7, token)
    assert large is not None
    assert large.content == content
    packets.let_go()
    assert peer.held[-1] == 0
