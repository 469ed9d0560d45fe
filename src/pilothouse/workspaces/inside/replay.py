"""Starts `pilothouse-replay` inside a sandbox: finds the libraries that are shown beside this file."""

import sys
from pathlib import Path

sys.path[:0] = sorted(map(str, Path(__file__).resolve().parents[1].joinpath("lib").glob("*")))

from pilothouse.workspaces.replay import main  # noqa: E402 - found only now

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
