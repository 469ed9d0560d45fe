from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from pilothouse.triggers import Triggers, build_rule
from pilothouse.triggers.presets import PRESETS, preset

LIST: TypeAdapter[Triggers] = TypeAdapter(Triggers)
of_every_preset = pytest.mark.parametrize("name", list(PRESETS))


def read(*entries: Any) -> Any:
    return LIST.validate_python(list(entries))


@of_every_preset
def test_a_preset_is_a_list_of_rules_with_names_of_their_own(name: str) -> None:
    configs = read({"preset": name})

    assert len({build_rule(one).name for one in configs}) == len(PRESETS[name]) > 3


def test_every_preset_the_architecture_promises_is_there() -> None:
    assert set(PRESETS) == {"ground-vehicle", "drone", "manipulator"}


def test_topics_get_other_names_wherever_they_stand() -> None:
    joints = "/joint_trajectory_controller/controller_state"
    rules = [build_rule(one) for one in read({"preset": "manipulator", "topics": {joints: "/arm/state"}})]
    ground = [build_rule(one) for one in read({"preset": "ground-vehicle", "topics": {"/odom": "/wheels"}})]

    assert rules[0].topics == {"/arm/state"}
    assert {"/cmd_vel", "/wheels"} in [one.topics for one in ground]
    assert not any("/odom" in one.topics for one in ground)


def test_rules_are_left_out_and_changed_by_name() -> None:
    configs = read(
        {
            "preset": "drone",
            "without": ["sinking fast", "error in the log"],
            "change": {"battery low": {"below": 0.4, "name": "go home"}},
        }
    )

    assert {one.name for one in configs} == {
        "position jumped",
        "gyroscope frozen",
        "position silent",
        "IMU silent",
        "go home",
    }
    assert configs[-1].below == 0.4


def test_changing_one_does_not_change_the_preset() -> None:
    before = str(PRESETS)
    preset({"preset": "drone", "topics": {"/mavros/imu/data": "/imu"}, "change": {"battery low": {"below": 0.9}}})

    assert str(PRESETS) == before


def test_expressions_presets_and_rules_stand_in_one_list() -> None:
    configs = read("/speed.data > 9", {"preset": "drone"}, {"kind": "dropout", "topic": "/a", "max_gap_s": 1})

    assert len(configs) == 2 + len(PRESETS["drone"])
    assert configs[0].kind == "threshold"


def test_expressions_stand_inside_rules_of_rules() -> None:
    (config,) = read({"kind": "all", "of": ["/speed.data > 9", "/height.data < 2"]})

    assert [one.kind for one in config.of] == ["threshold", "threshold"]


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ({"preset": "dron"}, "did you mean 'drone'"),
        ({"preset": None}, "there is no preset None"),
        ({"preset": ["drone"]}, "there is no preset"),
        ({"preset": "drone", "topcis": {}}, "did you mean 'topics'"),
        ({"preset": "drone", "topics": {"/mavros/imu": "/imu"}}, "did you mean '/mavros/imu/data'"),
        ({"preset": "drone", "topics": ["/imu"]}, "topics of a preset is a mapping"),
        ({"preset": "drone", "topics": {"/mavros/imu/data": 3}}, "valid string"),
        ({"preset": "drone", "without": ["batery low"]}, "did you mean 'battery low'"),
        ({"preset": "drone", "without": "battery low"}, "without of a preset is a list"),
        ({"preset": "drone", "without": [{}]}, "there is no rule"),
        ({"preset": "drone", "change": {"battery low": 3}}, "new options"),
        ({"preset": "drone", "change": {"battery low": {"above": 3}}}, "above"),
        ({"preset": "drone", "change": {"battery": {"below": 3}}}, "did you mean 'battery low'"),
        ("/speed > 9", "cannot read the trigger"),
        (3, "dictionary"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_hint(entry: object, hint: str) -> None:
    with pytest.raises(ValidationError, match=hint.replace("[", r"\[")):
        read(entry)


@pytest.mark.parametrize("written", ["/speed.data > 9", {"preset": "drone"}, 3])
def test_a_list_that_is_none_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        LIST.validate_python(written)
