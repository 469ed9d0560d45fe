"""What a browser loads before it shows the first page, and what none of it may hold."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from pilothouse.hub.ui.site import BUILT

FIRST_LOAD_BYTES = 250_000


def loaded_at_once(names: set[str]) -> set[str]:
    """These files and all that they import before they run; what they load later is not counted."""
    waiting, found = set(names), set[str]()
    while waiting:
        name = waiting.pop()
        found.add(name)
        if name.endswith(".js"):
            text = (BUILT / "assets" / name).read_text(encoding="utf-8")
            statically = re.findall(r"(?:^|[;}\s])(?:import|export)[^;()]*?[\"']\./([\w.$-]+\.js)[\"']", text)
            waiting |= set(statically) - found
    return found


@pytest.fixture(scope="module")
def document() -> str:
    return (BUILT / "index.html").read_text(encoding="utf-8")


def test_the_first_load_stays_small(document: str) -> None:
    named = set(re.findall(r"/assets/([\w.$-]+\.(?:js|css))", document))
    assert any(name.endswith(".js") for name in named)
    files = loaded_at_once(named)
    page = next(one for one in (BUILT / "assets").glob("routes-*.js"))
    sizes = {name: len(gzip.compress((BUILT / "assets" / name).read_bytes(), 9)) for name in {*files, page.name}}

    assert sum(sizes.values()) <= FIRST_LOAD_BYTES, sorted(sizes.items(), key=lambda one: -one[1])


def test_nothing_is_loaded_from_another_host_and_nothing_is_made_of_text(document: str) -> None:
    assert re.findall(r"(?:src|href)=\"(?!/)", document) == []
    assert "<script>" not in document
    for path in (BUILT / "assets").glob("*.css"):
        assert re.findall(r"url\((?!data:|/assets|\.?/?#|\"data:|'data:)", path.read_text(encoding="utf-8")) == []


def test_what_is_served_compressed_is_what_was_built() -> None:
    packed = list(Path(BUILT / "assets").glob("*.js.gz"))
    assert packed
    for path in packed:
        assert gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes()
