import re
from pathlib import Path
from typing import Any

import pytest

from pilothouse.kit.errors import BadConfiguration
from pilothouse.kit.host import host_robot_id
from pilothouse.kit.settings import load
from pilothouse.recorder.settings import RecorderSettings

CONFIG = """
robot_id: r2
window_s: 30
max_bytes: 64MiB
sources:
  - kind: replay
    path: flight.mcap
    speed: max
    loop: true
triggers:
  - kind: threshold
    name: too fast
    topic: /speed
    field: data
    op: gt
    value: 9
    duration_s: 0.5
    cooldown_s: 10
    label: overspeed
    pre_s: 45
    post_s: 5
hub_url: http://hub:8000
hub_token: secret
"""


def loaded(text: str, tmp_path: Path, **environ: str) -> RecorderSettings:
    file = tmp_path / "recorder.yaml"
    file.write_text(text)
    return load(RecorderSettings, file=file, environ=environ)


def refusal(text: str, tmp_path: Path) -> str:
    with pytest.raises(BadConfiguration) as problem:
        loaded(text, tmp_path)
    sentence = problem.value.sentence
    assert "\n" not in sentence
    return sentence


def test_a_whole_configuration_is_read(tmp_path: Path) -> None:
    settings = loaded(CONFIG, tmp_path)

    assert settings.robot_id == "r2"
    assert settings.max_bytes == 64 << 20
    assert settings.sources[0].speed == "max"
    assert settings.triggers[0].name == "too fast"
    assert "secret" not in repr(settings)


def test_the_defaults_listen_on_loopback_and_keep_a_minute() -> None:
    settings = load(RecorderSettings, environ={})

    assert (settings.host, settings.port) == ("127.0.0.1", 7000)
    assert (settings.window_s, settings.default_pre_s, settings.max_bytes) == (60, 60, 256 << 20)
    assert settings.robot_id == host_robot_id()


def test_the_ring_keeps_the_pre_roll_through_the_post_roll(tmp_path: Path) -> None:
    assert loaded(CONFIG, tmp_path).retention_s == 50
    assert loaded("window_s: 100", tmp_path).retention_s == 100


def test_a_source_can_be_one_line(tmp_path: Path) -> None:
    settings = loaded("sources: ['replay:/data/flight.mcap']", tmp_path)

    assert settings.sources[0].path == Path("/data/flight.mcap")


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("windows_s: 3", "windows_s", "window_s"),
        ("triggers: [{kind: threshold, topic: /a, feild: b, op: gt, value: 1}]", "feild", "field"),
        ("sources: [{kind: replay, path: x, sped: 2}]", "sped", "speed"),
        ("hub: http://x", "hub", "hub_url"),
    ],
)
def test_an_unknown_key_is_an_error_that_names_the_nearest(text: str, wrong: str, right: str, tmp_path: Path) -> None:
    sentence = refusal(text, tmp_path)

    assert re.search(rf"unknown setting '[^']*{wrong}'; did you mean '{right}'\?", sentence)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("window_s: 0", "window_s"),
        ("triggers: [{kind: dropuot, topic: /a}]", "triggers.0: no kind is called 'dropuot'; did you mean 'dropout'?"),
        ("max_bytes: 31MiB", "max_bytes: Input should be greater than or equal to 33554432 (32 MiB)"),
        (
            "max_bytes: 63MiB\nsources: ['zenoh:tcp/127.0.0.1:7447']",
            "max_bytes must be 64MiB or more with a zenoh source",
        ),
        ("robot_id: 'a b'", "robot_id"),
        ("sources: [camera]", "replay:FILE.mcap"),
        ("sources: [{kind: rosbag, path: x}]", "replay"),
        ("sources: [{kind: replay, path: x, speed: 0}]", "speed"),
        ("triggers: [{kind: thresold, topic: /a, field: b, op: gt, value: 1}]", "threshold"),
        ("triggers: [{kind: threshold, topic: /a, field: 'b[', op: gt, value: 1}]", "field path"),
        ("triggers: [{kind: threshold, topic: /a, field: b, op: above, value: 1}]", "gt"),
        ("triggers: [{kind: threshold, topic: /a, field: b, op: gt, value: .nan}]", "value"),
        ("hub_url: hub:8000", "hub_url: write it like http://HOST:8000, with a port from 1 to 65535"),
        ("hub_url: http://hub:99999", "hub_url: write it like http://HOST:8000, with a port from 1 to 65535"),
        ("[]", "mapping"),
    ],
)
def test_a_wrong_value_is_named(text: str, part: str, tmp_path: Path) -> None:
    assert part in refusal(text, tmp_path)


def test_two_triggers_of_one_name_are_refused(tmp_path: Path) -> None:
    one = "{kind: threshold, topic: /a, field: b, op: gt, value: 1}"

    assert "two triggers are called '/a.b > 1'" in refusal(f"triggers: [{one}, {one}]", tmp_path)


def test_documented_variables_are_read(tmp_path: Path) -> None:
    settings = loaded(
        "{}", tmp_path, PILOTHOUSE_ROBOT_ID="r7", PILOTHOUSE_HUB_URL="http://h", MD_HUB_AUTH_TOKEN="t",
        PILOTHOUSE_RECORDER_TOKEN="s",
    )  # fmt: skip

    assert (settings.robot_id, settings.hub_url) == ("r7", "http://h")
    assert settings.hub_token is not None
    assert settings.hub_token.get_secret_value() == "t"
    assert settings.recorder_token is not None


@pytest.mark.parametrize(
    "place",
    [
        "",
        ".",
        "/",
        "data",
        "data/sessions",
        "data/spool/run-1",
        "~",
        "/etc/pilothouse",
        "/usr/share",
        "/var/log",
        "/tmp",
    ],
)
def test_a_drop_directory_holds_nothing_that_anybody_misses(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    directory = Path(place).expanduser()

    with pytest.raises(BadConfiguration, match="every file in drop_directory is deleted"):
        load(RecorderSettings, overrides={"data": tmp_path / "data", "drop_directory": directory}, environ={})
    load(RecorderSettings, overrides={"data": tmp_path / "data", "drop_directory": tmp_path / "saves"}, environ={})


@pytest.mark.parametrize(
    "used",
    [
        {"attachments": [{"file": "shared/params.yaml"}]},
        {"attachments": [{"log": "shared/robot.log"}]},
        {"adopt": [{"directory": "shared"}]},
        {"sources": ["replay:shared/flight.mcap"]},
        {"sources": ["replay:shared"]},
    ],
)
def test_a_drop_directory_is_not_where_files_lie_that_the_recorder_reads(
    used: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(BadConfiguration, match="every file in drop_directory is deleted"):
        load(RecorderSettings, overrides={"drop_directory": "shared", **used}, environ={})
    load(RecorderSettings, overrides={"drop_directory": "saves", **used}, environ={})


@pytest.mark.parametrize("size", ["1,5GiB", "1.5.2MiB", "250kB/s", "20GiB of it"])
def test_a_size_is_read_as_a_whole_or_not_at_all(size: str) -> None:
    for where in ({"recordings_max_bytes": size}, {"delivery": {"max_bytes_per_s": size}}):
        with pytest.raises(BadConfiguration, match=r"cannot read the size '.+'; write it like 64MiB or 1\.5GB"):
            load(RecorderSettings, overrides=where, environ={})


@pytest.mark.parametrize(("size", "count"), [("1.5 GiB", 1_610_612_736), ("20GB", 20_000_000_000), (4096, 4096)])
def test_a_size_is_a_number_with_or_without_a_unit(size: object, count: int) -> None:
    assert load(RecorderSettings, overrides={"recordings_max_bytes": size}, environ={}).recordings_max_bytes == count


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("foxglove", "http://robot:8765"),
        ("foxglove", "ws://robot:99999"),
        ("foxglove", "ws://:8765"),
        ("foxglove", "ws://[::1:8765"),
        ("zenoh", "tcp/robot"),
        ("zenoh", "tcp/robot:99999"),
        ("zenoh", "robot:7447"),
        ("mqtt", "mqtt://robot:70000"),
        ("mqtt", "mqtt://robot:port"),
        ("mqtt", "mqtt://me:secret@robot"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused_before_the_start(kind: str, url: str) -> None:
    with pytest.raises(
        BadConfiguration, match=r"write it like (ws://HOST:8765|mqtt://HOST:1883|tcp/HOST:7447)"
    ) as problem:
        load(RecorderSettings, overrides={"sources": [f"{kind}:{url}"]}, environ={})
    assert "secret" not in problem.value.sentence


@pytest.mark.parametrize("line", ["foxglove:ws://[::1]:8765", "mqtt:mqtt://[::1]:1883", "mqtt:mqtts://[fe80::1]"])
def test_addresses_of_ipv6_stand_in_brackets(line: str) -> None:
    (source,) = load(RecorderSettings, overrides={"sources": [line]}, environ={}).sources

    assert source.url == line.partition(":")[2]


@pytest.mark.parametrize(
    "endpoint",
    ["tcp/127.0.0.1:7447", "tcp/[::1]:7447", "udp/[::]:0", "tls/robot:7447#root=ca.pem", "unixsock-stream/run/z"],
)
def test_endpoints_of_zenoh_are_taken_as_zenoh_writes_them(endpoint: str) -> None:
    source = {"kind": "zenoh", "connect": endpoint, "listen": [endpoint]}

    (read,) = load(RecorderSettings, overrides={"sources": [source]}, environ={}).sources

    assert read.connect == read.listen == (endpoint,)
