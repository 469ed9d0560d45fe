"""What can be wrong with what is asked of the lab."""

from __future__ import annotations

from pilothouse.kit.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge, Unavailable


class UnknownRepository(NotFound):
    """No repository {name} is known here; POST /repository/init makes one known."""


class UnknownLabSession(NotFound):
    """No debug session with this id is known here."""


class UnknownCommand(NotFound):
    """This session has no command with this id."""


class UnknownArtifact(NotFound):
    """This session has no artifact with this id, or it was kept for its time and is gone."""


class UnknownBatch(NotFound):
    """No batch with this id is known here."""


class UnknownSecret(NotFound):
    """The repository {repository} has no secret {secret}; PUT /repository/{repository}/secrets/{secret} makes one."""


class SecretUnreadable(Unavailable):
    """The secret {name} was sealed with another key: give all hubs and workers the same PILOTHOUSE_LAB_SECRETS_KEY, or
    write it anew."""


class SetupNetworkNotOffered(Unavailable):
    """Set-ups run with network {mode} here, which this machine cannot keep; it offers {offered}: set
    PILOTHOUSE_LAB_SETUP_NETWORK."""


class NoPatch(NotFound):
    """Debug session {session_id} has no patch: it was made of the commit as it is."""


class UnknownSessionFile(NotFound):
    """There is no file {path} in the checkout of this session."""


class SessionOver(Conflict):
    """This session is {state}: {reason}. Make another one."""


class SessionNotReady(Conflict):
    """This session is {state}: its checkout can be used once a worker holds it; queue a command or try again."""


class CommandNotRunning(Conflict):
    """This command is {state}; only a running one takes input and signals."""


class NotInteractive(Conflict):
    """The standard input of this command is closed; queue it with "interactive": true."""


class TooManyCommands(TooLarge):
    """A session has at most {limit} commands; make another one."""


class PatchNotText(Invalid):
    """The patch cannot be used: {reason}."""


class AllowlistNeeded(Invalid):
    """Hosts in allow are for the network policy allowlist, which needs at least one; policy and hosts do not agree."""


class PathOutside(Invalid):
    """{path} does not stay below the checkout; give a relative path without '..'."""


class FileTooLarge(TooLarge):
    """The file has {size_bytes} bytes, more than the {limit} that are answered; keep it as an artifact instead."""


class UnknownSignal(Invalid):
    """There is no signal {signal}; use names such as SIGINT."""


class TicketWrong(Forbidden):
    """This ticket was used, is too old, or is for another session; ask for a new one."""


class BoundElsewhere(Forbidden):
    """This token is bound to one {what}, and this is another one."""


class WorkerSilent(Unavailable):
    """The worker that holds this session does not answer at the moment; try again."""


class ArtifactQuotaReached(TooLarge):
    """The artifacts of this session would take more than {limit_mb} MB; keep fewer files, or smaller ones."""


class DebuggingUnavailable(Unavailable):
    """The debugger cannot be reached: {reason}."""


class RecordingsUnavailable(Unavailable):
    """The recording {recording} cannot be shown to a session: {reason}."""


class InputNotBase64(Invalid):
    """base64 of the input cannot be read as base64."""


class WorkerFailed(Unavailable):
    """The worker that holds this session could not do it: {reason}."""


class OneWayAtATime(Invalid):
    """head, tail, grep and limit are four ways to look; give one of them."""


class StoredElsewhere(Unavailable):
    """No hub has left its mark in the storage of this worker: give it the hub's PILOTHOUSE_STORAGE_URL, or on the hub's
    machine its --data."""
