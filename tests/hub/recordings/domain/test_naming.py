"""Ids and robots from file names and metadata."""

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.hub.recordings.domain.naming import (
    is_recording_name,
    is_safe_id,
    robot_id_of,
    session_id_of,
    stamped_ns,
)

STAMPED = "fixture-robot_20260512T084230Z"


def test_the_id_is_the_file_name_without_its_suffix() -> None:
    assert session_id_of(f"{STAMPED}.mcap") == STAMPED
    assert session_id_of("sample_drive.mcap") == "sample_drive"


@pytest.mark.parametrize(
    "name", ["two words.mcap", "flüg.mcap", "-x.mcap", "a" * 250 + ".mcap", "FLIGHT.MCAP", "\udcff.mcap"]
)
def test_an_unsafe_file_name_gets_a_safe_id_that_is_always_the_same(name: str) -> None:
    assert is_safe_id(session_id_of(name))
    assert session_id_of(name) == session_id_of(name)


def test_different_unsafe_names_never_share_an_id() -> None:
    names = ["a b.mcap", "a-b.mcap", "a  b.mcap", "a_b.mcap", "a%b.mcap", "a b.MCAP"]

    assert len({session_id_of(name) for name in names}) == len(names)


@given(st.binary(min_size=1, max_size=250) | st.text(st.characters(codec="utf-8"), min_size=1).map(str.encode))
def test_every_file_name_gets_a_safe_id(stem: bytes) -> None:
    assert is_safe_id(session_id_of(os.fsdecode(stem) + ".mcap"))


@pytest.mark.parametrize("session_id", ["..", ".", "", "a/b", "../x", "a\n", "a b", ".x", "a" * 201, "ä"])
def test_an_id_that_could_leave_the_directory_is_not_safe(session_id: str) -> None:
    assert not is_safe_id(session_id)


@pytest.mark.parametrize("name", ["a.mcap.active", ".a.mcap", ".mcap", "a.bag", "mcap", "a.mcap~"])
def test_unfinished_hidden_and_foreign_files_are_no_recordings(name: str) -> None:
    assert not is_recording_name(name)


def test_the_suffix_may_be_in_capitals() -> None:
    assert is_recording_name("FLIGHT.MCAP")


def test_a_file_names_its_robot_in_its_own_metadata_first() -> None:
    metadata = {"pilothouse": {"robot_id": "arm-1"}, "foxglove": {"deviceName": "device"}}

    assert robot_id_of(STAMPED, metadata) == "arm-1"


def test_then_as_foxgloves_device_then_as_announced_then_by_its_name() -> None:
    assert robot_id_of(STAMPED, {"foxglove": {"deviceName": "device"}}, "announced") == "device"
    assert robot_id_of(STAMPED, {}, "announced") == "announced"
    assert robot_id_of(STAMPED, {}) == "fixture-robot"
    assert robot_id_of("sample_drive", {}) == "sample"


def test_a_robot_nobody_names_is_unknown() -> None:
    assert robot_id_of("flight", {}) == "unknown"
    assert robot_id_of("flight", {"foxglove": {"deviceName": "///"}}) == "unknown"


@given(st.text(max_size=300))
def test_whatever_a_file_calls_its_robot_becomes_a_robot_id(name: str) -> None:
    robot_id = robot_id_of("flight", {"pilothouse": {"robot_id": name}})

    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", robot_id)


def test_the_stamp_in_an_id_is_a_time() -> None:
    assert stamped_ns(STAMPED) == 1_778_575_350 * 10**9
    assert stamped_ns("sample_drive") is None
    assert stamped_ns("x_20269999T999999Z") is None
