"""Which files a glob means, however it was written and whatever a guest calls its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilothouse.hub.lab.domain.globs import matcher
from pilothouse.hub.lab.service.execution import collecting


@pytest.mark.parametrize(
    ("glob", "meant", "not_meant"),
    [
        ("out/*.xml", ["out/a.xml", "out/.xml"], ["out/b/a.xml", "a.xml", "out/a.xml2"]),
        ("**/*.xml", ["a.xml", "b/a.xml", "c/b/a.xml"], ["a.xm", "xml"]),
        ("**.xml", ["a.xml", "b/a.xml"], ["a.json"]),
        ("out/**", ["out/a", "out/b/a"], ["out", "outer/a"]),
        ("out", ["out", "out/a", "out/b/a"], ["outer", "b/out"]),
        ("./out/", ["out/a"], ["outer"]),
        ("a/**/b", ["a/b", "a/c/b", "a/c/d/b", "a/c/b/below"], ["ab", "a/cb"]),
        ("**/**/b", ["b", "a/b"], ["ab"]),
        ("file-?.txt", ["file-1.txt"], ["file-.txt", "file-12.txt", "file-/.txt"]),
        ("a[1].txt", ["a[1].txt"], ["a1.txt"]),
        ("*", ["a", "a/b"], []),
        ("new\nline", ["new\nline"], ["new line"]),
    ],
)
def test_a_glob_means_what_people_expect(glob: str, meant: list[str], not_meant: list[str]) -> None:
    is_meant = matcher([glob])

    assert [path for path in meant if not is_meant(path)] == []
    assert [path for path in not_meant if is_meant(path)] == []


@pytest.mark.parametrize(
    ("glob", "path"),
    [("*a" * 120 + "b", "a" * 255), ("**/a/" * 90 + "b", "a/" * 2_000 + "c"), ("**" * 200 + "b", "a/" * 2_000 + "c")],
    ids=["names", "directories", "stars"],
)
def test_no_glob_and_no_path_hold_up_the_hub(glob: str, path: str) -> None:
    """With a search that goes back, this test would not end before the sun does."""
    assert not matcher([glob])(path)


def test_files_beyond_what_is_kept_are_not_left_out_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abcd":
        (tmp_path / name).touch()

    monkeypatch.setattr(collecting, "MOST_FILES", 3)
    assert collecting._matching(tmp_path, ["*"]) == (
        ["a", "b", "c"],
        "more than 3 files are meant; the others were not kept",
    )
    assert collecting._matching(tmp_path, ["[a]", "b"]) == (["b"], None)
    (tmp_path / "e\u202etxt.sh").touch()
    said = "files with names that cannot be shown were not kept: 1"
    assert collecting._matching(tmp_path, ["b", "e*"]) == (["b"], said)
    (tmp_path / "e\u202etxt.sh").unlink()
    monkeypatch.setattr(collecting, "MOST_LOOKED_AT", 2)
    assert collecting._matching(tmp_path, ["*"])[0] == ["a", "b"]
