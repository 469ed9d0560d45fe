from pilothouse.kit.ids import new_id


def test_ids_carry_their_prefix_and_a_fixed_length() -> None:
    assert new_id("inc").startswith("inc_")
    assert len(new_id("inc")) == len("inc_") + 26


def test_ids_never_repeat() -> None:
    assert len({new_id("x") for _ in range(10_000)}) == 10_000


def test_ids_sort_by_the_millisecond_they_were_made_in() -> None:
    made = [new_id("x") for _ in range(2_000)]
    times = [one[:12] for one in made]

    assert times == sorted(times)
