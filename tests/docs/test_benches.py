"""Every benchmark says how it is run, and what pages say of benchmarks can be run."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted(path.stem for path in (ROOT / "bench").glob("*.py") if "__main__" in path.read_text(encoding="utf-8"))
# They run in the environment of what they measure, and are started by the benchmark of ours.
PEERS = {"guard_peer", "lab_peer"}
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", sorted(set(PROGRAMS) - PEERS))
def test_a_benchmark_says_how_it_is_run(name: str) -> None:
    said = ast.get_docstring(ast.parse((ROOT / "bench" / f"{name}.py").read_text(encoding="utf-8"))) or ""

    assert f"Run: python -m bench.{name}" in " ".join(said.split())


def test_pages_and_the_makefile_name_benchmarks_that_are_there() -> None:
    named = {
        name for page in PAGES for name in re.findall(r"python (?:-m bench\.|bench/)(\S+?)[`\s]", page.read_text())
    }
    made = re.search(r"^BENCHES \?= (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert made is not None
    assert {*named, *made[1].split()} <= set(PROGRAMS) - PEERS
