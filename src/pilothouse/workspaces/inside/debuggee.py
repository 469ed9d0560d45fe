"""Runs in the Python of the program that is debugged: debugpy's own command line, that says when it can be reached.

`debuggee.py DEBUGPY READY …`: the package's directory, and a descriptor into which a byte is written once it listens.
Needs nothing but the standard library and debugpy.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    directory, ready = sys.argv[1], int(sys.argv[2])
    del sys.argv[1:3]
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        del sys.path[0]  # where this file is; the program's own place comes there
    sys.path.insert(0, os.path.dirname(directory))  # noqa: PTH120 - pathlib is the program's to import or not
    import debugpy
    from debugpy.server import cli

    del sys.path[0]
    listen = debugpy.listen

    def listen_and_say(*where: object, **how: object) -> object:
        address = listen(*where, **how)
        os.write(ready, b".")
        os.close(ready)
        return address

    debugpy.listen = listen_and_say
    os.set_inheritable(ready, False)
    start: Callable[[], None] = cli.main
    start()


main()
