"""What can be wrong with a repository, a commit, a patch or a set-up."""

from __future__ import annotations

from pilothouse.kit.errors import Conflict, Invalid, NotFound, TooLarge, Unavailable


class NotARemote(Invalid):
    """'{url}' is no address of a git repository ({reason}); write https://HOST/PATH or ssh://USER@HOST/PATH."""


class CredentialsInUrl(Invalid):
    """An address must not hold a password or a token: keep it in the settings of the worker, where no log shows it."""


class ProtocolNotAllowed(Invalid):
    """Repositories are not fetched by '{protocol}' here, only by {allowed}; PILOTHOUSE_LAB_GIT_PROTOCOLS says so."""


class NotARevision(Invalid):
    """'{revision}' can be neither a commit nor a branch or tag."""


class UnknownCommit(NotFound):
    """The repository {repository} has no commit {commit}, not even after fetching it anew."""


class UnknownRef(NotFound):
    """The repository {repository} has no branch or tag '{ref}'."""


class RemoteUnreachable(Unavailable):
    """The repository {repository} could not be fetched: {reason}."""


class RepositoryTooLarge(TooLarge):
    """The repository {repository} takes more than {limit_mb} MB, the most that is kept here."""


class CheckoutFailed(Unavailable):
    """Commit {commit} of {repository} could not be checked out: {reason}."""


class PatchUnreadable(Invalid):
    """The patch cannot be read: {reason}."""


class PatchForbidden(Invalid):
    """The patch may not touch '{file}': {reason}."""


class PatchDoesNotApply(Conflict):
    """The patch does not apply to {commit}: {file}, hunk {hunk}: {reason}."""


class SetupFailed(Conflict):
    """The set-up `{command}` of {repository} ended with {ending}: {output}"""


class SetupInvalid(Invalid):
    """The set-up of a repository cannot be used: {reason}."""


class DebuggerAbsent(Unavailable):
    """The debugger did not answer within {timeout_s:.0f} s: the command has ended, or runs without Python's debugpy."""


class DebuggerBusy(Conflict):
    """Somebody else is connected to this debugger; one editor at a time."""


class DebuggerMissing(Unavailable):
    """debugpy is not installed where this session runs: pip install 'pilothouse[hub]' there."""
