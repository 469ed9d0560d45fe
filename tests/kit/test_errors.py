import pytest

from pilothouse.cli.parts.failures import EXIT_CODES, exit_code_of
from pilothouse.kit import errors


class RobotOffline(errors.Unavailable):
    """Robot {robot_id} has not answered
    for {seconds} s; look at its power and network."""


def test_the_docstring_is_the_message_with_its_facts_on_one_line() -> None:
    problem = RobotOffline(robot_id="kestrel", seconds=30)

    assert str(problem) == "Robot kestrel has not answered for 30 s; look at its power and network."
    assert problem.facts == {"robot_id": "kestrel", "seconds": 30}


def test_the_code_is_the_name_in_lower_case_words() -> None:
    assert RobotOffline.code == "robot_offline"
    assert errors.NotFound.code == "not_found"


def test_a_missing_fact_is_noticed_where_the_problem_is_raised() -> None:
    with pytest.raises(KeyError, match="seconds"):
        RobotOffline(robot_id="kestrel")


def test_facts_with_braces_are_not_taken_for_places_to_fill() -> None:
    assert "{0}" in str(RobotOffline(robot_id="{0}", seconds=1))


@pytest.mark.parametrize("kind", errors.KINDS)
def test_every_kind_has_an_exit_code_of_its_own_table(kind: type[errors.Problem]) -> None:
    assert kind in EXIT_CODES
    assert EXIT_CODES[kind] > 1


def test_a_derived_problem_ends_a_command_with_the_code_of_its_kind() -> None:
    assert exit_code_of(RobotOffline(robot_id="kestrel", seconds=1)) == EXIT_CODES[errors.Unavailable]
    assert exit_code_of(errors.Problem()) == 1
