"""Boundaries changed at run time: checked like the rest, kept beside the Stackfile, one line per change for ever."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from pilothouse.guard.problems import BadStackfile, EditsUnreadable, UnknownBoundary
from pilothouse.guard.stackfile import (
    BoundaryEdits,
    boundary_config,
    guard_names,
    with_boundary,
    without_boundary,
)
from pilothouse.kit.clock import ManualClock
from tests.support.stacks import two_joints

NARROW = {"type": "joint_position", "lower_rad": [-1, -1], "upper_rad": [1, 1]}


def test_a_boundary_is_replaced_and_the_old_stackfile_stays_as_it_was() -> None:
    stack = two_joints()

    changed = with_boundary(stack, "limits", NARROW)

    assert boundary_config(changed, "limits") == {**NARROW, "lower_rad": [-1.0, -1.0], "upper_rad": [1.0, 1.0]}
    assert boundary_config(stack, "limits") == {"type": "joint_position"}
    assert changed.config_hash != stack.config_hash
    assert with_boundary(changed, "limits", {"type": "joint_position"}).config_hash == stack.config_hash


def test_a_new_boundary_holds_in_every_task_and_guard_of_its_layer() -> None:
    changed = with_boundary(two_joints(), "narrow", NARROW)

    assert changed.tasks["default"].boundaries == ("limits", "speed", "narrow")
    assert guard_names(changed)["MotionGuard"][1] == ("limits", "speed", "narrow")


def test_a_boundary_that_goes_leaves_every_task_and_guard() -> None:
    changed = without_boundary(two_joints(), "limits")

    assert set(changed.boundaries) == {"speed"}
    assert changed.tasks["default"].boundaries == ("speed",)
    assert guard_names(changed)["MotionGuard"][1] == ("speed",)


def test_the_last_boundary_of_a_task_stays() -> None:
    with pytest.raises(BadStackfile, match="boundaries"):
        without_boundary(without_boundary(two_joints(), "limits"), "speed")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"type": "joint_positoin"}, "did you mean 'joint_position'"),
        ({"type": "joint_position", "lower_rad": [1]}, "lower_rad has 1 values"),
        ({"type": "joint_velocity", "scale": float("nan")}, "not finite"),
        ({"type": "joint_velocity", "fallback": "nowhere"}, "there is no fallback 'nowhere'"),
        ({}, "needs a type"),
        ({"type": 7}, "type"),
    ],
)
def test_what_is_wrong_with_a_change_is_said(config: dict[str, object], said: str) -> None:
    with pytest.raises(BadStackfile) as found:
        with_boundary(two_joints(), "limits", config)

    assert said in found.value.sentence


def test_a_name_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(UnknownBoundary, match="did you mean 'limits'"):
        without_boundary(two_joints(), "limit")
    with pytest.raises(UnknownBoundary):
        boundary_config(two_joints(), "limit")


def test_changes_outlive_the_process_with_version_and_log(tmp_path: Path) -> None:
    stack, clock = two_joints(), ManualClock()
    edits = BoundaryEdits(tmp_path, clock)
    assert (edits.version, edits.applied(stack)) == (0, stack)

    assert edits.record("limits", {"type": "joint_position"}, NARROW, by="operator") == 1
    assert edits.record("speed", {"type": "joint_velocity"}, None, by="operator") == 2

    again = BoundaryEdits(tmp_path, clock)
    laid_over = again.applied(stack)
    assert again.version == 2
    assert set(laid_over.boundaries) == {"limits"}
    assert boundary_config(laid_over, "limits")["upper_rad"] == [1.0, 1.0]
    lines = [json.loads(line) for line in (tmp_path / "boundaries.log.jsonl").read_text().splitlines()]
    assert [(one["version"], one["boundary"], one["by"]) for one in lines] == [
        (1, "limits", "operator"), (2, "speed", "operator"),
    ]  # fmt: skip
    assert lines[1]["before"] == {"type": "joint_velocity"}
    assert lines[1]["at"] == "2023-11-14T22:13:20Z"


def test_changes_that_no_longer_fit_the_stackfile_stop_it_and_name_their_file(tmp_path: Path) -> None:
    edits = BoundaryEdits(tmp_path, ManualClock())
    edits.record("limits", None, {**NARROW, "fallback": "hold"}, by="operator")
    other = two_joints(
        fallbacks={"halt": {"type": "emergency_stop"}},
        tasks={"default": {"boundaries": ["limits", "speed"]}},
        boundaries={"limits": {"type": "joint_position"}, "speed": {"type": "joint_velocity"}},
    )

    with pytest.raises(BadStackfile) as found:
        edits.applied(other)

    assert "there is no fallback 'hold'" in found.value.sentence
    assert str(tmp_path / "boundaries.json") in found.value.sentence


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": "x", "boundaries": {}}', '{"version": 1}', "7"])
def test_a_file_of_changes_that_is_damaged_is_not_taken_for_an_empty_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "boundaries.json").write_text(content)

    with pytest.raises(EditsUnreadable, match="restore or remove it"):
        BoundaryEdits(tmp_path, ManualClock())


def test_a_full_disk_leaves_neither_half_a_line_nor_a_change_that_was_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = BoundaryEdits(tmp_path, ManualClock())
    edits.record("limits", {"type": "joint_position"}, NARROW, by="operator")
    kept = {path.name: path.read_bytes() for path in tmp_path.glob("boundaries.*")}
    real = os.fsync
    for room in (0, 1):
        left = [room]

        def full(descriptor: int, left: list[int] = left) -> None:
            if not left[0]:
                raise OSError(errno.ENOSPC, "no space left on device")
            left[0] -= 1
            real(descriptor)

        monkeypatch.setattr("pilothouse.guard.stackfile.editing.os.fsync", full)
        with pytest.raises(OSError, match="no space"):
            edits.record("speed", {"type": "joint_velocity"}, None, by="operator")

        assert {path.name: path.read_bytes() for path in tmp_path.glob("boundaries.*")} == kept
    assert edits.version == BoundaryEdits(tmp_path, ManualClock()).version == 1
