import json
import subprocess
from pathlib import Path

import pytest

from pilothouse.triggers.presets import PRESETS
from tests.recorder.sources.test_bags import ros1_bag, ros2_bag
from tests.support.flights import drone_flight, write_flight
from tests.support.processes import ran


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds in which the speed rises by 1 m/s each second."""
    return write_flight(tmp_path_factory.mktemp("flights") / "flight.mcap").path


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return ran("triggers", *arguments)


def configured(directory: Path, text: str) -> Path:
    file = directory / "recorder.yaml"
    file.write_text(text)
    return file


def test_the_drone_fires_once_at_fifteen_point_eight_seconds() -> None:
    answer = run("test", "--trigger", "/speed.data > 9", drone_flight())

    assert answer.returncode == 0
    assert "/speed.data > 9  at 15.801 s (2024-04-05T17:32:20.653Z)  /speed.data: 9.126 > 9" in answer.stdout
    assert answer.stdout.count("▲") == 1
    assert answer.stdout.endswith("1 firing of 1 rule in 1 file\n")
    assert answer.stderr == ""


def test_a_recorders_configuration_is_run_over_several_files(flight: Path, tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        "robot_id: r2\nhost: 0.0.0.0\ntriggers:\n- /speed.data > 2\n- {preset: drone, without: [IMU silent]}\n",
    )

    answer = run("test", config, flight, flight)

    assert answer.returncode == 0
    assert answer.stdout.count("/speed.data > 2  at 2.100 s") == 2
    assert "warning: battery low: nothing in this file on /mavros/battery" in answer.stdout
    assert answer.stdout.endswith("2 firings of 7 rules in 2 files\n")


def test_json_is_for_programs(flight: Path) -> None:
    answer = run("test", "--trigger", "/speed.data > 2", "--trigger", "/odom.z > 2", "--json", flight)

    found = json.loads(answer.stdout)
    (file,) = found["files"]
    assert found["firings"] == 1
    assert file["warnings"] == ["/odom.z > 2: 250 messages had nothing to measure; check its field"]
    assert file["firings"] == [
        {
            "rule": "/speed.data > 2",
            "kind": "threshold",
            "topic": "/speed",
            "field": "data",
            "value": 2.1,
            "op": "gt",
            "threshold": 2.0,
            "fired_at_ns": 1_700_000_002_100_000_000,
            "at": "2023-11-14T22:13:22.100Z",
            "offset_s": 2.1,
        }
    ]


@pytest.mark.parametrize("kind", ["flight.bag", "ros2", "ros2/ros2.db3"])
def test_bags_are_tested_like_recordings(kind: str, tmp_path: Path) -> None:
    bag = ros1_bag(tmp_path / "flight.bag") if kind == "flight.bag" else ros2_bag(tmp_path / "ros2")
    rule = "/pose.position.x > 14" if kind == "flight.bag" else "/values.data[0] > 14"

    answer = run("test", "--trigger", rule, "--trigger", "/absent.data > 1", bag.parent / kind)

    assert answer.returncode == 0, answer.stderr
    assert "1.9 s, 20 messages\n" in answer.stdout
    assert f"{rule}  at 1.500 s (2020-09-13T12:26:41.500Z)" in answer.stdout
    assert answer.stdout.count("▲") == 1
    assert "warning: /absent.data > 1: nothing in this file on /absent" in answer.stdout


def test_a_directory_that_is_no_bag_is_named(tmp_path: Path) -> None:
    answer = run("test", "--trigger", "/speed.data > 9", tmp_path)

    assert answer.returncode == 2
    assert "no metadata.yaml" in answer.stderr


def test_no_firing_is_no_failure(flight: Path) -> None:
    answer = run("test", "--trigger", "/speed.data > 200", flight)

    assert answer.returncode == 0
    assert "no firing" in answer.stdout


def test_a_flag_adds_to_the_configuration(flight: Path, tmp_path: Path) -> None:
    config = configured(tmp_path, "triggers: [/speed.data > 3]")

    assert run("test", config, flight, "--trigger", "/speed.data > 2").stdout.endswith(
        "2 firings of 2 rules in 1 file\n"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("triggers: [{kind: threshold, topic: /a, feild: b, op: gt, value: 1}]", "unknown setting"),
        ("triggers: [{preset: dron}]", "did you mean 'drone'"),
        ("triggers: [/speed > 9]", "cannot read the trigger"),
        ("triggers: []", "no rules under 'triggers:'"),
        ("robot_id: r2", "no rules under 'triggers:'"),
        ("triggers: {", "not valid YAML"),
        ("triggers: 3", "must be a list"),
    ],
)
def test_a_bad_configuration_ends_with_two_and_one_line(flight: Path, tmp_path: Path, text: str, reason: str) -> None:
    answer = run("test", configured(tmp_path, text), flight)

    assert answer.returncode == 2
    assert reason in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert "recorder.yaml" in answer.stderr


def test_what_is_missing_is_said(flight: Path, tmp_path: Path) -> None:
    config = configured(tmp_path, "triggers: [/speed.data > 3]")
    damaged = tmp_path / "damaged.mcap"
    damaged.write_bytes(b"not a recording")

    assert (run("test", flight).returncode, run("test", config).returncode) == (2, 2)
    assert run("test", config, damaged).returncode == 2
    assert run("test", config, tmp_path / "absent.mcap").returncode == 4
    assert run("test", "--trigger", "nonsense", flight).returncode == 2


def test_the_presets_are_listed_and_shown() -> None:
    listed, shown = run("presets"), run("presets", "drone")

    assert all(name in listed.stdout for name in PRESETS)
    assert "name: sinking fast" in shown.stdout
    assert run("presets", "boat").returncode == 2


def test_a_preset_that_was_printed_is_a_configuration(flight: Path, tmp_path: Path) -> None:
    for name in PRESETS:
        config = configured(tmp_path, run("presets", name).stdout)

        assert run("test", config, flight).returncode == 0
