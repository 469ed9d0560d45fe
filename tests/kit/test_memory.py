"""What is freed is given back: a program that passes large blocks on does not grow with them."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from pilothouse.kit.memory import loading

CODE = """
import sys
from pilothouse.kit.memory import give_back_large_blocks
from pathlib import Path
def resident():
    return next(int(l.split()[1]) for l in Path("/proc/self/status").read_text().splitlines() if l.startswith("VmRSS"))
assert give_back_large_blocks()
first = bytes([1]) * (1 << 21)
del first
before, blocks, kept = resident(), [], []
for number in range(50):
    blocks.append(bytes([number]) * (1 << 20))
    kept.append(bytes(2000))
blocks.clear()
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc")
def test_large_blocks_go_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)

    assert int(done.stdout) < 4 << 10


def test_what_is_unloaded_is_loaded_again_when_it_is_asked_for() -> None:
    code = (
        "import sys, xml.dom.minidom; from pilothouse.kit.memory import unload; unload('xml.dom');"
        "assert 'xml.dom' not in sys.modules and 'xml.dom.minidom' not in sys.modules and 'xml' in sys.modules;"
        "from xml.dom.minidom import parseString; print(parseString('<a/>').documentElement.tagName)"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "a\n"


def test_what_a_program_loads_is_out_of_the_collectors_way() -> None:
    before = gc.get_freeze_count()

    with loading():
        enabled = gc.isenabled()
        loaded = [[number] for number in range(1_000)]

    assert (enabled, gc.isenabled()) == (False, True)
    assert gc.get_freeze_count() - before >= len(loaded)
