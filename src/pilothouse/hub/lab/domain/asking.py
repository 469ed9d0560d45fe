"""What is asked for, made definite."""

from __future__ import annotations

import base64
import binascii
import hashlib
import signal
from typing import Any

from pilothouse.hub.lab.domain.problems import AllowlistNeeded, PatchNotText, PathOutside, UnknownSignal
from pilothouse.wire.lab import LabNetwork, NewLabCommand, NewLabSession

MAX_PATCH_BYTES = 8 << 20


def session_run(new: NewLabSession) -> dict[str, Any]:
    """What a session says for its commands, as it is kept."""
    run = {
        "timeout_s": new.timeout_s, "idle_timeout_s": new.idle_timeout_s,
        "limits": new.limits.model_dump(exclude_none=True), "network": new.network or LabNetwork.NONE,
        "allow": list(new.allow), "artifacts": list(new.artifacts), "environment": dict(new.environment),
        "secrets": list(new.secrets),
    }  # fmt: skip
    _check_network(run)
    return run


def command_run(new: NewLabCommand, session: dict[str, Any]) -> dict[str, Any]:
    """What holds for a command: its own words, and its session's where it is silent."""
    run = {
        "timeout_s": new.timeout_s if new.timeout_s is not None else session["timeout_s"],
        "idle_timeout_s": new.idle_timeout_s if new.idle_timeout_s is not None else session["idle_timeout_s"],
        "limits": {**session["limits"], **new.limits.model_dump(exclude_none=True)},
        "network": new.network or session["network"],
        "allow": list(new.allow) if new.network is not None or new.allow else session["allow"],
        "artifacts": list(new.artifacts) or session["artifacts"],
        "environment": {**session["environment"], **new.environment},
        "secrets": list(dict.fromkeys([*session["secrets"], *new.secrets])),
    }
    _check_network(run)
    if new.terminal is not None:
        run["terminal"] = new.terminal.model_dump()
    return run


def _check_network(run: dict[str, Any]) -> None:
    if (run["network"] == LabNetwork.ALLOWLIST) != bool(run["allow"]):
        raise AllowlistNeeded


def patch_bytes(new: NewLabSession) -> bytes | None:
    """The patch as it was meant; raises PatchNotText."""
    if new.patch is not None:
        return _bounded(new.patch.encode("utf-8", "surrogatepass"))
    if new.patch_base64 is None:
        return None
    try:
        return _bounded(base64.b64decode(new.patch_base64, validate=True))
    except (binascii.Error, ValueError):
        raise PatchNotText(reason="patch_base64 is not base64") from None


def _bounded(patch: bytes) -> bytes:
    if len(patch) > MAX_PATCH_BYTES:
        raise PatchNotText(reason=f"it has {len(patch)} bytes, and {MAX_PATCH_BYTES} are the most")
    return patch


def hash_of(patch: bytes) -> str:
    return hashlib.sha256(patch).hexdigest()


def inside(path: str) -> str:
    """A path below the checkout, tidied; '' is the checkout. What links lead to is for whoever opens it to check."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or "\x00" in path:
        raise PathOutside(path=repr(path[:200]))
    return "/".join(parts)


def signal_number(said: int | str) -> int:
    """A signal by its number or name; raises UnknownSignal."""
    try:
        if isinstance(said, int) or said.isdigit():
            return signal.Signals(int(said)).value
        name = said.upper()
        return signal.Signals[name if name.startswith("SIG") else f"SIG{name}"].value
    except (ValueError, KeyError):
        raise UnknownSignal(signal=repr(said)[:60]) from None
