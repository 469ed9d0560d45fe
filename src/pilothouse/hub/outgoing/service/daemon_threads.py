"""Blocking calls that a stranger's machine answers: on threads that nothing waits for at the end of the process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


async def on_daemon_thread(call: Callable[[], Result]) -> Result:
    """What ``call`` returns or raises. The pool of the event loop is for files: a receiver that hangs must not keep it
    from them, nor the process from ending."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[Result] = loop.create_future()

    def settle(value: Result | None, error: BaseException | None) -> None:
        if result.done():
            return
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(value)  # type: ignore[arg-type]

    def run() -> None:
        value: Result | None = None
        error: BaseException | None = None
        try:
            value = call()
        except BaseException as caught:  # noqa: BLE001 - it is raised where it is awaited
            error = caught
        try:
            loop.call_soon_threadsafe(settle, value, error)
        except RuntimeError:
            return  # the loop has ended meanwhile, and nobody waits for it

    threading.Thread(target=run, name="notify", daemon=True).start()
    return await result
