"""``/api/control/*``: what the loop does, and the emergency stop."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request

from pilothouse.guard.routes.access import Running, caller
from pilothouse.guard.runtime import LoopStatus, ReloadOutcome, Runtime, status_of
from pilothouse.kit.errors import Invalid

# An answer waits at most so long for sinks that do not take the stop; the stop itself waits for nothing.
ESTOP_ANSWER_S = 0.5
LOOK_S = 0.002
ESTOP_PATH = "/api/control/estop"

router = APIRouter(prefix="/api/control", tags=["control"])
estop_router = APIRouter(tags=["control"])


class NoCycles(Invalid):
    """n_cycles is the number of cycles to run, or -1 for ever; 0 would run none."""


TaskName = Annotated[str, Query(min_length=1, max_length=200, description="Task to activate")]
Cycles = Annotated[int, Query(ge=-1, le=2**53, description="Cycles to run; -1 is for ever")]
Budget = Annotated[
    float,
    Query(
        gt=0,
        le=60_000,
        allow_inf_nan=False,
        description="Cycle time in ms. Left out, a control_frequency_hz in the Stackfile decides",
    ),
]


@router.get("/status", summary="Show how the loop is")
async def control_status(runtime: Running) -> LoopStatus:
    """The state of the loop (`idle`, `running`, `paused`, `stopped`, `emergency`), how it keeps its time."""
    return status_of(runtime)


@router.post("/start", summary="Start the loop")
async def start(
    request: Request,
    runtime: Running,
    task_name: TaskName = "default",
    n_cycles: Cycles = -1,
    cycle_budget_ms: Budget = 20.0,
) -> LoopStatus:
    """Activate a task and cycle; from `idle` or `stopped`."""
    if n_cycles == 0:
        raise NoCycles
    budget_ms = cycle_budget_ms if "cycle_budget_ms" in request.query_params else None
    # Off the event loop: the engine is compiled for this period.
    await asyncio.to_thread(runtime.begin, task_name, n_cycles, budget_ms)
    return status_of(runtime)


@router.post("/pause", summary="Pause the loop")
async def pause(runtime: Running) -> LoopStatus:
    """Pause after the current cycle completes."""
    runtime.pause()
    return status_of(runtime)


@router.post("/resume", summary="Resume the loop")
async def resume(runtime: Running) -> LoopStatus:
    """Go on from `paused`; the first command is judged against where the robot is."""
    runtime.resume()
    return status_of(runtime)


@router.post("/stop", summary="Stop the loop")
async def stop(runtime: Running) -> LoopStatus:
    """End the session after the current cycle."""
    runtime.end_session()
    return status_of(runtime)


@router.post("/reset", summary="Reset the loop")
async def reset(runtime: Running) -> LoopStatus:
    """Back to `idle`; only from `stopped` or `emergency`."""
    await asyncio.to_thread(runtime.reset)
    return status_of(runtime)


@router.post("/reload", summary="Reload the Stackfile")
async def reload(runtime: Running) -> ReloadOutcome:
    """Read the Stackfile again and swap the engine between two cycles; when it cannot be, the old one goes on."""
    return await asyncio.to_thread(runtime.reload)


@estop_router.post(ESTOP_PATH, summary="Stop the robot at once")
async def estop(request: Request, runtime: Running) -> LoopStatus:
    """Stop the robot at once; from any state, without a credential. It stays until a reset."""
    runtime.estop("rest", f"POST {ESTOP_PATH} from {caller(request)}")
    await told(runtime)
    return status_of(runtime)


async def told(runtime: Runtime) -> None:
    """Until the sinks have taken the stop, or have had their time. Asks no thread pool for anything."""
    clock = asyncio.get_running_loop().time
    until = clock() + ESTOP_ANSWER_S
    # The sinks' threads know of no event loop: what they do for it is a counter they never wait to write.
    while not runtime.emergency.is_done and clock() < until:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_S)
