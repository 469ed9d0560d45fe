import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.triggers import MISSING, FieldPath

MESSAGE = {
    "data": 9.5,
    "pose": {"position": {"x": 1.0, "y": 2.0}},
    "ranges": [0.1, 0.2, 0.3, 0.4],
    "a": {"b": [{"c": 7}, {"c": 8}]},
    "grid": [[1, 2], [3, 4]],
    "note": "text",
    "gone": None,
    "raw": b"\x01\x02",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data", 9.5),
        ("pose.position.x", 1.0),
        ("ranges[3]", 0.4),
        ("ranges[-1]", 0.4),
        ("a.b[0].c", 7),
        ("grid[1][0]", 3),
        ("gone", None),
        ("raw[1]", 2),
    ],
)
def test_a_path_leads_to_the_value(path: str, value: object) -> None:
    assert FieldPath(path).find(MESSAGE) == value


@pytest.mark.parametrize(
    "path",
    [
        "dat",
        "data.x",
        "pose.position.z",
        "ranges[4]",
        "ranges[-5]",
        "ranges.x",
        "pose[0]",
        "note[0]",
        "gone.x",
        "data[0]",
    ],
)
def test_a_path_to_nothing_is_missing(path: str) -> None:
    assert FieldPath(path).find(MESSAGE) is MISSING


def test_a_message_that_is_itself_a_list_is_walked_from_its_positions() -> None:
    assert FieldPath("[1].x").find([{"x": 1}, {"x": 2}]) == 2


def test_a_numpy_array_is_walked_like_a_list() -> None:
    message = {"position": np.array([1.5, 2.5])}

    assert FieldPath("position[1]").find(message) == 2.5
    assert FieldPath("position[2]").find(message) is MISSING
    assert FieldPath("position.x").find(message) is MISSING


@pytest.mark.parametrize("text", ["", ".", ".data", "a..b", "a.", "a[", "a[x]", "a[1.5]", "a b", "a[0]b", "[]", "a[1"])
def test_text_that_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="field path"):
        FieldPath(text)


steps = st.lists(st.one_of(st.integers(0, 4), st.text("abcxyz_", min_size=1, max_size=5)), min_size=1, max_size=5)


@given(steps)
def test_a_value_is_found_wherever_it_is_nested(path: list[int | str]) -> None:
    message: object = 42.0
    text = ""
    for step in reversed(path):
        message = [0.0] * step + [message] if isinstance(step, int) else {step: message}
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step

    assert FieldPath(text).find(message) == 42.0


@given(
    st.text(max_size=20),
    st.recursive(st.none() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)),
)
def test_no_path_and_no_message_raise_anything_but_a_refusal(text: str, message: object) -> None:
    try:
        path = FieldPath(text)
    except ValueError:
        return

    path.find(message)
