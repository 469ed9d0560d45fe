"""No input whatever to load raises anything but a problem that can be shown to a person."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.guard.stackfile import load, load_text
from pilothouse.kit.errors import Problem
from tests.support.stacks import TWO_JOINTS, template

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=4)
WORDS = st.sampled_from([
    "version", "robot", "joints", "name", "type", "boundaries", "tasks", "fallbacks", "sources", "sim", "hold_position",
    "joint_position", "joint_velocity", "python", "function", "os:getcwd", "callback", "escalate_to", "guards", "L1",
])  # fmt: skip
ANYTHING = st.recursive(
    SCALARS | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=4) | st.integers(), inner, max_size=5)
    ),
    max_leaves=20,
)
calm = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def loads_or_is_a_problem(read: Any, *given: Any) -> None:
    try:
        said = read(*given).config_hash
    except Problem as problem:
        said = problem.sentence
    assert said
    assert "\n" not in said


@calm
@given(st.text())
def test_any_text(text: str) -> None:
    loads_or_is_a_problem(load_text, text)


@calm
@given(st.dictionaries(WORDS, ANYTHING, max_size=8))
def test_any_mapping(content: dict[str, Any]) -> None:
    loads_or_is_a_problem(load, content)


@calm
@given(ANYTHING | st.builds(object) | st.text() | st.binary())
def test_anything_at_all(given_: Any) -> None:
    loads_or_is_a_problem(load, given_)


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    children = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return found + [deeper for key, one in children for deeper in places(one, (*path, key))]


TEMPLATE = yaml.safe_load(TWO_JOINTS)


@calm
@given(st.sampled_from(places(TEMPLATE)), ANYTHING)
def test_anything_anywhere_in_a_good_one(place: tuple[Any, ...], instead: Any) -> None:
    content = yaml.safe_load(TWO_JOINTS)
    target = content
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = instead

    loads_or_is_a_problem(load, content)


@calm
@given(st.data())
def test_a_good_text_with_a_piece_of_it_gone_or_changed(data: st.DataObject) -> None:
    text = template()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    instead = data.draw(st.text(alphabet="{}[]:,-&*!|>'\"#%@`~ \n\tab01.", max_size=10))

    loads_or_is_a_problem(load_text, text[:start] + instead + text[end:])


@pytest.mark.parametrize("depth", [10, 100, 5_000])
def test_depth_is_bounded_in_mappings_as_in_text(depth: int) -> None:
    content: Any = 1
    for _ in range(depth):
        content = {"robot": content}

    with pytest.raises(Problem):
        load(content)
