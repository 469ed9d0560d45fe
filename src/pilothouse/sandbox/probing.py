"""Find out what this machine can really do, by doing it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from pilothouse.sandbox.keeper.order import Abilities
from pilothouse.sandbox.keeping import keeper_command
from pilothouse.sandbox.model import Level, Mechanism, NetworkMode, Offer

_TRIED_WITHIN_S = 60.0
FULL_APART = "full network apart"
"""Whether ``full`` is a network that does not lead to the machine's own services."""


def probe() -> Offer:
    """Try everything once, in a process of its own (some tens of milliseconds). What does not work is not offered."""
    tried = subprocess.run(  # noqa: S603 - our own program
        keeper_command("trial"),
        capture_output=True,
        env={},
        stdin=subprocess.DEVNULL,
        timeout=_TRIED_WITHIN_S,
        check=False,
    )
    try:
        found: dict[str, Any] = json.loads(tried.stdout)
    except ValueError:
        how = tried.stderr.decode(errors="replace").strip()[-500:] or f"exit code {tried.returncode}"
        return Offer(Level.NONE, {"probe": Mechanism(False, how)}, (NetworkMode.FULL,))
    mechanisms = {name: Mechanism(works, how) for name, (works, how) in found["mechanisms"].items()}
    network = tuple(NetworkMode(one) for one in found["network"])
    return Offer(Level(found["level"]), mechanisms, network)


def abilities_of(offer: Offer) -> Abilities:
    """What the keeper must know of it."""
    cgroups = offer.mechanisms.get("cgroups")
    bubblewrap = offer.mechanisms.get("bubblewrap")
    outward = offer.mechanisms.get(FULL_APART)
    return Abilities(
        level=offer.level.value,
        own_uids=offer.works("own uid"),
        bubblewrap=bubblewrap.how if bubblewrap and bubblewrap.works else "",
        disable_userns=offer.works("no nested user namespaces"),
        seccomp=offer.works("seccomp"),
        landlock=offer.works("no reach to other programs"),
        own_network=offer.works("network allow-list"),
        outward=outward.how if outward and outward.works else "",
        cgroups=json.loads(cgroups.how) if cgroups and cgroups.works else {},
    )
