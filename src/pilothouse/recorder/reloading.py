"""Which settings a running recorder takes over, and which need a restart."""

from __future__ import annotations

from pilothouse.recorder.capture_settings import CaptureSettings
from pilothouse.recorder.problems import NeedsRestart
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.web.settings import ServiceSettings

# A setting that is not here is refused: what nobody applies must not look as if it held.
APPLIED = frozenset(
    {
        "adopt",
        "delivery",
        "drop_directory",
        "heartbeat_s",
        "hub_token",
        "hub_url",
        "max_bytes",
        "post_s",
        "pre_s",
        "sources",
        "topics",
        "triggers",
        "window_s",
        *(CaptureSettings.model_fields.keys() - ServiceSettings.model_fields.keys()),
    }
)


def changed_settings(before: RecorderSettings, after: RecorderSettings) -> list[str]:
    """The names of settings that differ; raises NeedsRestart when one of them cannot be applied."""
    changed = [name for name in RecorderSettings.model_fields if getattr(before, name) != getattr(after, name)]
    refused = [name for name in changed if name not in APPLIED]
    # Where there was no hub, nothing is there that could deliver; where there is none any more, nothing may go on.
    if (before.hub_url is None) != (after.hub_url is None):
        refused.append("whether there is a hub_url")
    if refused:
        raise NeedsRestart(names=", ".join(refused))
    return changed
