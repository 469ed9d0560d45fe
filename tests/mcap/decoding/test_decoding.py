"""Messages of every encoding we know come out as plain values, those of a real flight included."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy
import pytest
from google.protobuf import descriptor_pb2, struct_pb2, timestamp_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from pilothouse.mcap import Channel, Decoders, Schema, Undecodable, open_recording
from tests.support.flights import cdr_channel, drone_flight, float64_cdr, json_channel

POINT = """float64 x
float64 y
int32 from
geometry_msgs/Point[] children
string[] names
uint8[] raw
float32[3] fixed
================================================================================
MSG: geometry_msgs/Point
float64 x
float64 y
float64 z
"""
IDL = """================================================================================
IDL: demo/msg/Reading
module demo {
  module msg {
    struct Reading {
      double value;
      string unit;
      sequence<int32> codes;
    };
  };
};
"""


def test_every_message_of_the_drone_flight_is_decoded() -> None:
    decoders, counts, peak = Decoders(), Counter[str](), (0.0, 0)
    with open_recording(drone_flight()) as recording:
        start_ns = recording.summary().start_ns
        topics = ["/speed", "/roll", "/pitch", "/yaw", "/tf", "/groundtruth/pose", "/pose_stamped"]
        for message in recording.messages(topics=topics):
            value = decoders.decode(message.channel, message.content)
            assert isinstance(value, dict)
            counts[message.channel.topic] += 1
            if message.channel.topic == "/speed":
                peak = max(peak, (value["data"], message.log_time_ns))
            elif message.channel.topic == "/groundtruth/pose":
                assert isinstance(value["pose"]["position"]["z"], float)
        path = next(recording.messages(topics=["/path"], start_ns=peak[1]))
        poses = decoders.decode(path.channel, path.content)
    assert start_ns is not None
    assert peak[0] == pytest.approx(9.51, abs=0.005)
    assert (peak[1] - start_ns) / 1e9 == pytest.approx(15.9, abs=0.01)
    assert counts == {one: 7524 if one == "/groundtruth/pose" else 168 for one in topics}
    assert isinstance(poses, dict)
    assert len(poses["poses"]) > 1000
    assert poses["poses"][0]["pose"]["orientation"].keys() == {"x", "y", "z", "w"}


def test_json_is_decoded() -> None:
    assert Decoders().decode(json_channel("/a"), b'{"a": [1, null, "x"]}') == {"a": [1, None, "x"]}


def test_cdr_with_a_ros2msg_schema_is_decoded() -> None:
    assert Decoders().decode(cdr_channel("/speed"), float64_cdr(9.5)) == {"data": 9.5}


def test_cdr_with_a_ros2idl_schema_is_decoded() -> None:
    channel = Channel("/reading", "cdr", Schema("demo/msg/Reading", "ros2idl", IDL.encode()))
    content = (
        b"\x00\x01\x00\x00" + numpy.float64(1.5).tobytes() + b"\x04\0\0\0m/s\0" + b"\x02\0\0\0\x07\0\0\0\x08\0\0\0"
    )

    value = Decoders().decode(channel, content)

    assert isinstance(value, dict)
    assert (value["value"], value["unit"], list(value["codes"])) == (1.5, "m/s", [7, 8])


def test_ros1_is_decoded() -> None:
    channel = Channel("/points", "ros1", Schema("demo/Points", "ros1msg", POINT.encode()))
    content = numpy.array([1.0, 2.0]).tobytes() + b"\x2a\0\0\0"
    content += b"\x01\0\0\0" + numpy.array([3.0, 4.0, 5.0]).tobytes()
    content += b"\x02\0\0\0" + b"\x01\0\0\0a" + b"\x02\0\0\0bc"
    content += b"\x03\0\0\0\x01\x02\x03" + numpy.array([1, 2, 3], dtype="f4").tobytes()

    value = Decoders().decode(channel, content)

    assert isinstance(value, dict)
    assert (value["x"], value["y"], value["from"]) == (1.0, 2.0, 42)
    assert value.keys() == {"x", "y", "from", "children", "names", "raw", "fixed"}
    assert value["children"] == [{"x": 3.0, "y": 4.0, "z": 5.0}]
    assert value["names"] == ["a", "bc"]
    assert bytes(value["raw"]) == b"\x01\x02\x03"
    assert list(value["fixed"]) == [1.0, 2.0, 3.0]


def test_protobuf_is_decoded() -> None:
    files = FileDescriptorSet()
    for module in (descriptor_pb2, struct_pb2, timestamp_pb2):
        module.DESCRIPTOR.CopyToProto(files.file.add())
    channel = Channel("/p", "protobuf", Schema("google.protobuf.Struct", "protobuf", files.SerializeToString()))
    struct = struct_pb2.Struct()
    struct.update({"speed": 9.5, "names": ["a", "b"]})

    value = Decoders().decode(channel, struct.SerializeToString())

    assert isinstance(value, dict)
    assert value["fields"]["speed"]["number_value"] == 9.5
    assert [one["string_value"] for one in value["fields"]["names"]["list_value"]["values"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("channel", "content", "reason"),
    [
        (Channel("/a", "msgpack"), b"x", "its encoding is 'msgpack'; json, ros1, cdr and protobuf can be decoded"),
        (Channel("/a", "cbor"), b"x", "its encoding is 'cbor'"),
        (Channel("/a", "cdr"), b"x", "cdr needs a schema and the channel has none"),
        (Channel("/a", "cdr", Schema("A", "protobuf", b"x")), b"x", "cdr with a schema in 'protobuf'"),
        (Channel("/a", "cdr", Schema("a/msg/A", "ros2msg", b"===(((")), b"x", "its schema 'a/msg/A'"),
        (Channel("/a", "cdr", Schema("a/msg/A", "ros2msg", b"b/Missing x")), bytes(8), ""),
        (Channel("/a", "ros1", Schema("a/A", "ros2msg", b"int8 x")), b"x", "ros1 with a schema in 'ros2msg'"),
        (Channel("/a", "protobuf", Schema("A", "protobuf", b"\xff\xff")), b"x", "its schema 'A' is not readable"),
        (Channel("/a", "protobuf", Schema("A", "protobuf", b"")), b"x", "protobuf needs a schema"),
        (Channel("/a", "cdr", Schema("x/msg/R", "ros2idl", b"module {")), b"x", "its schema 'x/msg/R'"),
        (json_channel("/a"), b"{not json", "json: "),
        (json_channel("/a"), b"\xff\xfe", "json: "),
        (cdr_channel("/a"), float64_cdr(1)[:7], "cdr: "),
        (cdr_channel("/a"), b"", "cdr: "),
    ],
)
def test_what_cannot_be_decoded_says_why(channel: Channel, content: bytes, reason: str) -> None:
    decoders = Decoders()
    for _ in range(2):
        with pytest.raises(Undecodable) as refused:
            decoders.decode(channel, content)
        assert refused.value.sentence.startswith("A message on /a cannot be decoded: " + reason)


def test_two_schemas_of_one_name_do_not_mix() -> None:
    decoders = Decoders()
    wide = Channel("/a", "cdr", Schema("demo/msg/N", "ros2msg", b"int64 n"))
    narrow = Channel("/a", "cdr", Schema("demo/msg/N", "ros2msg", b"int8 n"))

    assert decoders.decode(wide, b"\0\1\0\0" + (300).to_bytes(8, "little")) == {"n": 300}
    assert decoders.decode(narrow, b"\0\1\0\0\x05") == {"n": 5}


def test_the_robot_imports_nothing_heavy_until_it_decodes() -> None:
    program = (
        "import sys, pilothouse.mcap as m; d = m.Decoders();"
        "d.decode(m.Channel('/a', 'json'), b'{}');"
        "print(*sorted({'numpy', 'rosbags', 'google.protobuf', 'mcap_protobuf', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


EMPTY = f"\n{'=' * 80}\nMSG: demo/Empty\n"
DOUBLING = (
    "A a\nA b"
    + "".join(
        f"\n{'=' * 80}\nMSG: demo/{one}\n{other} a\n{other} b"
        for one, other in zip("ABCDEF", ["B", "C", "D", "E", "F", "Empty"], strict=True)
    )
    + EMPTY
)


@pytest.mark.parametrize(
    ("encoding", "definition", "reason"),
    [
        # Four bytes of content would be as many objects as they say.
        ("ros1", "Empty[] x" + EMPTY, "parts without content"),
        ("ros1", "Empty[2000000000] x" + EMPTY, "2000000001 fields and elements"),
        ("ros1", "Empty[1000] x" + EMPTY, "parts without content"),
        ("ros1", DOUBLING, "parts without content"),
        # A program of as many lines would be compiled, while which nothing else in the process runs.
        ("cdr", "string[2000000000] x", "2000000000 fields and elements"),
        ("cdr", "# " + "x" * (1 << 20) + "\nint32 x", "takes 1048586 bytes"),
    ],
)
def test_a_small_schema_cannot_ask_for_billions_of_parts(encoding: str, definition: str, reason: str) -> None:
    name, schema_encoding = {"ros1": ("demo/Bag", "ros1msg"), "cdr": ("demo/msg/Bag", "ros2msg")}[encoding]
    channel = Channel("/x", encoding, Schema(name, schema_encoding, definition.encode()))

    with pytest.raises(Undecodable, match=reason):
        Decoders().decode(channel, b"\xff\xff\xff\xff\xff\xff\xff\x7f")


def test_a_goal_without_fields_and_large_arrays_of_numbers_are_read() -> None:
    schema = Schema("demo/Bag", "ros1msg", f"Empty goal\nuint8[5000] raw{EMPTY}".encode())

    value = Decoders().decode(Channel("/x", "ros1", schema), bytes(5000))

    assert isinstance(value, dict)
    assert len(value["raw"]) == 5000
