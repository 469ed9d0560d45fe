"""64 KiB ranges and whole files of a recording: our response beside Starlette's FileResponse.

Both are served by uvicorn in a process of their own, ours inside a full service with all its middleware, and read by
the same client over a few keep-alive connections, in turns. Run: python -m bench.ranges
"""

from __future__ import annotations

import argparse
import os
import random
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bench.report import Report

FILE_BYTES = 100 << 20
RANGE_BYTES = 64 << 10
CONNECTIONS = 4
PROMISE = 5.0


def serve(which: str, file: Path) -> int:
    if which == "starlette":
        import uvicorn
        from starlette.applications import Starlette
        from starlette.responses import FileResponse
        from starlette.routing import Route

        async def peer(request: Request) -> Response:
            return FileResponse(file)

        listening = socket.create_server(("127.0.0.1", 0))
        print(f"ready http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        config = uvicorn.Config(Starlette(routes=[Route("/file", peer)]), log_level="error", access_log=False)
        uvicorn.Server(config).run(sockets=[listening])
        return 0

    from pilothouse.kit.settings import load
    from pilothouse.web import ServiceSettings, create_service, run_service
    from pilothouse.web.ranges import RangeResponse, local_file, remember

    router = APIRouter()

    @router.get("/file", response_class=Response)
    async def ours(request: Request) -> Response:
        return remember(request, RangeResponse(local_file(file)))

    @router.get("/every-time", response_class=Response)
    async def every_time() -> Response:
        return RangeResponse(local_file(file))

    settings = load(ServiceSettings, overrides={"port": 0, "log_level": "warning"})
    return run_service(
        lambda: create_service(title="bench", description="", settings=settings, routers=[router]), settings
    )


@contextmanager
def server(which: str, file: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "bench.ranges", "--serve", which, "--file", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline().rsplit(":", 1)[1])
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@contextmanager
def nginx(file: Path) -> Iterator[int | None]:
    """nginx over the same file, where it is installed: the most there is to reach on this machine."""
    program = shutil.which("nginx")
    if program is None:
        yield None
        return
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    config = file.with_name("nginx.conf")
    config.write_text(
        f"daemon off; pid {file.parent}/nginx.pid; error_log stderr error; events {{}} "
        f"http {{ access_log off; sendfile on; keepalive_requests 10000000; server {{ listen 127.0.0.1:{port}; "
        f"location = /file {{ alias {file}; }} }} }}"
    )
    # Its workers are another user's when it is started by root, and have to reach the file.
    file.parent.chmod(0o755)
    process = subprocess.Popen([program, "-c", str(config)])
    try:
        while not _listens(port) and process.poll() is None:
            time.sleep(0.05)
        yield port if process.poll() is None else None
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Reader:
    """One keep-alive connection that asks, reads to the end of the answer, and asks again."""

    def __init__(self, port: int, path: bytes, header: bytes | None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._path = path
        self._header = header
        self._buffer = bytearray(1 << 20)
        self._left = 0
        self.answers = 0
        self.bytes = 0

    def ask(self) -> None:
        extra = b""
        if self._header is not None:
            start = random.randrange(FILE_BYTES - RANGE_BYTES)
            extra = self._header % (start, start + RANGE_BYTES - 1)
        self.socket.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % (self._path, extra))
        self._left = -1

    def read(self) -> None:
        count = self.socket.recv_into(self._buffer)
        if not count:
            raise ConnectionError("the server closed the connection")
        if self._left < 0:
            end = self._buffer.index(b"\r\n\r\n", 0, count) + 4
            head = bytes(self._buffer[:end]).lower()
            expected = b" 206 " if self._header is not None else b" 200 "
            assert expected in head[:20], head
            self._left = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            count -= end
        self._left -= count
        self.bytes += count
        if not self._left:
            self.answers += 1
            self.ask()


def measure(port: int, path: bytes, seconds: float, header: bytes | None, connections: int) -> tuple[float, float]:
    """Answers and bytes per second."""
    readers = [Reader(port, path, header) for _ in range(connections)]
    with selectors.DefaultSelector() as selector:
        for reader in readers:
            selector.register(reader.socket, selectors.EVENT_READ, reader)
            reader.ask()
        started = time.perf_counter()
        while time.perf_counter() - started < seconds:
            for key, _ in selector.select(1):
                key.data.read()
        elapsed = time.perf_counter() - started
    for reader in readers:
        reader.socket.close()
    return sum(one.answers for one in readers) / elapsed, sum(one.bytes for one in readers) / elapsed


def run(rounds: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "recording.mcap")
        file.write_bytes(os.urandom(1 << 20) * (FILE_BYTES >> 20))
        part = b"Range: bytes=%d-%d\r\n"
        found: dict[str, list[float]] = defaultdict(list)
        with server("ours", file) as ours, server("starlette", file) as peer, nginx(file) as beside:
            cases: list[tuple[str, int, bytes, bytes | None]] = [
                ("ours", ours, b"/file", part),
                ("ours, asked every time", ours, b"/every-time", part),
                ("peer", peer, b"/file", part),
                ("ours, whole", ours, b"/file", None),
                ("peer, whole", peer, b"/file", None),
            ]
            if beside is not None:
                cases += [("nginx", beside, b"/file", part), ("nginx, whole", beside, b"/file", None)]
            for _ in range(rounds):
                for name, port, path, header in cases:
                    answers, flow = measure(port, path, seconds, header, CONNECTIONS if header else 1)
                    found[name].append(answers if header else flow / 1e9)
        report = Report("Reading a 100 MiB recording over loopback, beside Starlette's FileResponse and nginx")
        middle = {name: statistics.median(values) for name, values in found.items()}
        report.row("64 KiB ranges", middle["ours"], middle["peer"], "1/s", PROMISE)
        report.row("64 KiB ranges, access checked each time", middle["ours, asked every time"], middle["peer"], "1/s")
        report.row("whole file", middle["ours, whole"], middle["peer, whole"], "GB/s")
        if "nginx" in middle:
            report.row("64 KiB ranges, beside nginx", middle["ours"], middle["nginx"], "1/s")
            report.row("whole file, beside nginx", middle["ours, whole"], middle["nginx, whole"], "GB/s")
        else:
            print("nginx is not installed, so nothing is measured beside it (apt install nginx-light)")
        report.print()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", choices=("ours", "starlette"))
    parser.add_argument("--file", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    given = parser.parse_args()
    if given.serve:
        return serve(given.serve, given.file)
    run(given.rounds, given.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
