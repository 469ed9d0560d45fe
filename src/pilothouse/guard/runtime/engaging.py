"""From a Stackfile to an engine that the loop can take."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.guard.boundaries.hardware_settings import HostHealthConfig
from pilothouse.guard.engine import Engine
from pilothouse.guard.fallbacks import Director, FallbackKind, FallbackPlan
from pilothouse.guard.loop import Engaged, Session
from pilothouse.guard.stackfile import Stackfile, compile_spec, default_fallback

# Sections that the adapters were opened with; the loop cannot change horses.
FIXED = ("sources", "policy", "sinks")
# Sections of which the running parts were made; they act at the next start.
AT_START = ("risk", "loopback", "telemetry")


def engage(
    stack: Stackfile,
    *,
    task: str | None,
    period_s: float,
    n_cycles: int,
    timer: Callable[[], float],
    estop_channel: str | None = None,
) -> Engaged:
    """Compile everything; raises what is wrong with the Stackfile."""
    spec = compile_spec(stack, period_s=period_s)
    task_fallback = stack.tasks[task].fallback if task in stack.tasks else None
    session = Session(
        session_id="",
        trace_prefix="",
        task=task,
        period_ns=round(period_s * 1e9),
        n_cycles=n_cycles,
        config_hash=stack.config_hash,
        mode=stack.safety.mode,
        highest_speeds=tuple(joint.velocity for joint in spec.robot.joints),
        default_fallback=task_fallback or default_fallback(stack) or "hold_position",
        estop_channel=estop_channel,
    )
    return Engaged(Engine(spec, timer=timer), Director(plans_of(stack)), session)


def plans_of(stack: Stackfile) -> dict[str, FallbackPlan]:
    """The fallbacks of a Stackfile as the loop takes them."""
    plans = {}
    for name, config in stack.fallbacks.items():
        facts = config.model_dump(exclude={"type"})
        plans[name] = FallbackPlan(name, FallbackKind(config.type), **facts)
    return plans


def host_channels(stack: Stackfile) -> frozenset[str]:
    """What has to be known of the guard's own computer."""
    found = (one.channels for one in stack.boundaries.values() if isinstance(one, HostHealthConfig))
    return frozenset().union(*found)


def changed_sections(old: Stackfile, new: Stackfile) -> frozenset[str]:
    """Sections that say something else than before."""
    return frozenset(name for name in type(new).model_fields if getattr(old, name) != getattr(new, name))
