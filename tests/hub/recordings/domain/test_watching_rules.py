"""Two looks at a directory."""

from pilothouse.hub.recordings.domain.watching import Changes, Sighting, changes

SMALL, LARGE = Sighting(10, 1), Sighting(20, 2)


def test_a_file_that_stands_still_is_added() -> None:
    assert changes({}, {"a.mcap": SMALL}, {"a.mcap": SMALL}) == Changes(added={"a.mcap": SMALL})


def test_a_file_seen_for_the_first_time_waits_for_a_second_look() -> None:
    found = changes({}, {}, {"a.mcap": SMALL})

    assert not found
    assert found.waiting == {"a.mcap"}


def test_a_file_that_grows_between_two_looks_waits() -> None:
    assert changes({}, {"a.mcap": SMALL}, {"a.mcap": LARGE}).waiting == {"a.mcap"}


def test_a_replaced_file_is_updated_once_it_stands_still() -> None:
    indexed = {"a.mcap": SMALL}

    assert changes(indexed, {"a.mcap": SMALL}, {"a.mcap": LARGE}).waiting == {"a.mcap"}
    assert changes(indexed, {"a.mcap": LARGE}, {"a.mcap": LARGE}).updated == {"a.mcap": LARGE}


def test_a_file_that_is_gone_has_vanished_at_the_first_look() -> None:
    assert changes({"a.mcap": SMALL}, {"a.mcap": SMALL}, {}).vanished == {"a.mcap"}


def test_an_unchanged_directory_brings_nothing() -> None:
    assert not changes({"a.mcap": SMALL}, {"a.mcap": SMALL}, {"a.mcap": SMALL})
