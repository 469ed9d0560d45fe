"""What a sandbox refuses, as facts."""

from __future__ import annotations

from pilothouse.kit.errors import Conflict, Invalid, NotFound, TooLarge, Unavailable


class SandboxTooWeak(Unavailable):
    """This machine cannot keep commands apart ({missing}). Install what is missing, or start with --allow-unsandboxed
    if everything that will run here is trusted."""


class NetworkModeNotOffered(Invalid):
    """Network mode {mode} cannot be kept on this machine; it offers {offered}{help}."""


class BadCommand(Invalid):
    """The command cannot be run: {problem}."""


class BadAllowance(Invalid):
    """{entry} is not something a network allow-list can name; write host, host:port or [address]:port."""


class CommandEnded(Conflict):
    """The command has ended; nothing can be sent to it any more."""


class KeeperGone(Unavailable):
    """The process that starts sandboxed commands has died; start the service again."""


class OutsideWorkspace(NotFound):
    """{path} is not in the workspace."""


class FileTooLarge(TooLarge):
    """{path} holds more than {limit_bytes} bytes."""


class LogDamaged(Unavailable):
    """The output log {path} cannot be read: {problem}."""
