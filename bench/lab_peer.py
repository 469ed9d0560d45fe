"""SWE-ReX doing what ``bench/lab.py`` does: its server on loopback, its own client; prints JSON.

Run by the Python of its own environment (``make .venv/peer-lab/made.stamp``); imports nothing of Pilothouse.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

from swerex.runtime.abstract import BashAction, CloseBashSessionRequest, Command, CreateBashSessionRequest
from swerex.runtime.remote import RemoteRuntime

WAIT_S = 60.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def measured(port: int, token: str, rounds: int, lines: int) -> dict[str, float | list[float]]:
    """Seconds of one-shot commands, and of the first commands of sessions; lines of output a second."""
    runtime = RemoteRuntime(auth_token=token, host="http://127.0.0.1", port=port, timeout=WAIT_S)
    await runtime.wait_until_alive(timeout=WAIT_S)
    once = []
    for _ in range(rounds):
        started = time.perf_counter()
        await runtime.execute(Command(command=["true"]))
        once.append(time.perf_counter() - started)
    first = []
    for number in range(rounds):
        name = f"session-{number}"
        started = time.perf_counter()
        await runtime.create_session(CreateBashSessionRequest(session=name))
        answer = await runtime.run_in_session(BashAction(session=name, command="echo hello"))
        first.append(time.perf_counter() - started)
        assert answer.output.strip() == "hello"
        await runtime.close_session(CloseBashSessionRequest(session=name))
    writing = f"yes 'a line of forty characters, as logs have' | head -n {lines}"
    started = time.perf_counter()
    answer = await runtime.execute(Command(command=["sh", "-c", writing]))
    took = time.perf_counter() - started
    assert answer.stdout.count("\n") == lines
    return {"once_s": once, "first_s": first, "lines_per_s": lines / took}


def main(rounds: int, lines: int) -> None:
    token, port = secrets.token_hex(), free_port()
    program = Path(sys.executable).with_name("swerex-remote")
    options = ["--host", "127.0.0.1", "--port", str(port), "--auth-token", token]
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        print(json.dumps(asyncio.run(measured(port, token, rounds, lines))))
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
