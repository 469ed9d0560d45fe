"""pilothouse guard run, read without the libraries of the command tree."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pilothouse.cli.parts.flags import Flags
from pilothouse.kit.memory import build_models_when_used, give_back_large_blocks, trim, unload

if TYPE_CHECKING:
    from pilothouse.guard.runtime import Runtime
    from pilothouse.guard.stackfile import Stackfile
    from pilothouse.web import Service

DESCRIPTION = """\
Run the guard of a Stackfile and serve its API until told to stop.

Cycles begin with `curl -X POST http://127.0.0.1:8080/api/control/start`, or at once with --start. Prints
`ready URL` when it serves; SIGTERM stops the robot and ends it cleanly, SIGUSR2 is the emergency stop, SIGHUP
reads the Stackfile again.

Example: pilothouse guard init && pilothouse guard run stack.yaml
"""


def flags() -> Flags:
    """Every flag of the command."""
    parser = Flags("pilothouse guard run", DESCRIPTION)
    add = parser.add_argument
    add("stackfile", type=Path, metavar="STACKFILE", help="The YAML file")
    add("--start", action="store_true", default=None, help="Cycle at once, instead of on POST /api/control/start")
    add("--task", help="The task that --start activates [default]")
    add("--data", type=Path, metavar="DIR", help="Directory for the risk log, sessions and edits")
    add("--recorder", metavar="URL", dest="recorder_url", help="URL of the recorder that risk events go to")
    add("--robot-id", metavar="NAME", help="The robot's name; the host's when absent")
    add("--config", type=Path, metavar="FILE", help="YAML file with settings; flags and environment win over it")
    add("--host", help="Address to listen on [127.0.0.1]")
    add("--port", type=int, help="Port to listen on [8080]; 0 takes any free one")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run a guard until it is told to stop; the exit code."""
    give_back_large_blocks()
    # FastAPI asks whether types are of pydantic 1, and does without when that is absent: 3 MiB that a robot can use.
    sys.modules["pydantic.v1"] = None  # type: ignore[assignment]
    build_models_when_used()
    given = vars(flags().parse_args(arguments))
    stack = _read(given["stackfile"])

    from pilothouse.guard.api import create_app
    from pilothouse.guard.runtime import assemble
    from pilothouse.guard.settings import GuardSettings
    from pilothouse.kit.clock import SystemClock
    from pilothouse.kit.settings import load
    from pilothouse.web import run_service

    settings = load(GuardSettings, file=given.pop("config"), overrides=given)

    def opened() -> Runtime:
        runtime = assemble(settings, clock=SystemClock(), written=stack)
        trim()
        return runtime

    def built() -> Service:
        app = create_app(settings, opened)
        if not settings.start:
            # Serving, too, leaves something free when it begins. Where the robot moves already, nothing is held up.
            app.before_ready = lambda url: trim()
        return app

    return run_service(built, settings)


def _read(stackfile: Path) -> Stackfile:
    """The Stackfile, before the service is loaded: the service takes the memory that the parser leaves behind."""
    from pilothouse.guard.stackfile import load

    # The part of the parser in C is not used, and it cannot be unloaded.
    sys.modules["yaml.cyaml"] = None  # type: ignore[assignment]
    stack = load(stackfile)
    unload("yaml", "argparse", "gettext", "pilothouse.cli.parts.flags", "msgspec.inspect")
    return stack
