from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pilothouse.kit.kept_secret import kept_secret


def test_it_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "key"

    made = kept_secret(file, lambda: "first")

    assert (made, kept_secret(file, lambda: "second")) == ("first", "first")
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("content", ["", "\n", "  "])
def test_a_file_that_a_power_cut_left_empty_holds_no_secret(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)

    assert kept_secret(tmp_path / "key", lambda: "made anew") == "made anew"
    assert kept_secret(tmp_path / "key", lambda: "again") == "made anew"


def test_of_many_who_make_it_at_once_the_first_wins(tmp_path: Path) -> None:
    everybody, found = threading.Barrier(8), []

    def ask(number: int) -> None:
        everybody.wait()
        found.append(kept_secret(tmp_path / "key", lambda: f"of {number}"))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(found) == 8
    assert len(set(found)) == 1
