"""Flags of the programs that run on a robot, read without the libraries of the command tree."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import NoReturn

from pilothouse.kit.errors import BadConfiguration


class Flags(ArgumentParser):
    """An argument parser that says in one sentence what is wrong, as everything here does."""

    def __init__(self, program: str, description: str) -> None:
        super().__init__(
            prog=program, description=description, formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False
        )

    def error(self, message: str) -> NoReturn:
        raise BadConfiguration(problem=f"{message}; see {self.prog} --help")
