"""An S3 of this test process: SeaweedFS on loopback, with one bucket."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import obstore
from obstore.store import S3Store

ACCESS_KEY, SECRET_KEY, BUCKET = "pilothouse", "pilothouse-secret", "recordings"
# Ports that were free a moment ago may be taken.
ATTEMPTS = 5


@dataclass(frozen=True)
class S3:
    endpoint: str

    def config(self) -> dict[str, object]:
        """What obstore needs to reach the bucket."""
        return {
            "endpoint": self.endpoint,
            "access_key_id": ACCESS_KEY,
            "secret_access_key": SECRET_KEY,
            "region": "us-east-1",
            "client_options": {"allow_http": True},
        }

    def url(self, prefix: str, endpoint: str | None = None) -> str:
        """The address of a place in the bucket, as the hub's setting takes it."""
        return f"s3://{ACCESS_KEY}:{SECRET_KEY}@{BUCKET}/{prefix}?endpoint={endpoint or self.endpoint}&region=us-east-1"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running_s3() -> Iterator[S3]:
    """A server for as long as the block lasts."""
    directory, port, process = _started()
    try:
        server = S3(f"http://127.0.0.1:{port}")
        obstore.put(S3Store(BUCKET, **server.config()), "made", b"")  # its first object makes a bucket
        yield server
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(directory, ignore_errors=True)


def _started() -> tuple[Path, int, subprocess.Popen[bytes]]:
    """A server that answers. It takes eight ports, and somebody else may take one between the look and the start."""
    said = ""
    for _ in range(ATTEMPTS):
        directory, port = Path(tempfile.mkdtemp(prefix="pilothouse-s3-")), free_port()
        process = _start(directory, port)
        if _answers(f"http://127.0.0.1:{port}", process):
            return directory, port, process
        process.kill()
        process.wait()
        said = (directory / "log").read_text(errors="replace")[-2_000:]
        shutil.rmtree(directory, ignore_errors=True)
    raise RuntimeError(f"SeaweedFS did not start: {said}")


def _start(directory: Path, port: int) -> subprocess.Popen[bytes]:
    credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    config = directory / "s3.json"
    config.write_text(json.dumps({"identities": [{"name": "test", "credentials": credentials, "actions": ["Admin"]}]}))
    ports = {name: free_port() for name in ("master", "volume", "filer", "master.grpc", "volume.grpc", "filer.grpc")}
    command = [
        Path(sys.executable).with_name("weed"),
        "server",
        f"-dir={directory}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-s3",
        f"-s3.port={port}",
        f"-s3.port.grpc={free_port()}",
        f"-s3.config={config}",
        f"-master.port={ports['master']}",
        f"-master.port.grpc={ports['master.grpc']}",
        f"-volume.port={ports['volume']}",
        f"-volume.port.grpc={ports['volume.grpc']}",
        f"-filer.port={ports['filer']}",
        f"-filer.port.grpc={ports['filer.grpc']}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.localSocket={directory}/s3.sock",
        f"-filer.localSocket={directory}/filer.sock",
        "-volume.max=4",
        "-master.volumeSizeLimitMB=64",
        "-master.telemetry=false",
    ]
    with (directory / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=directory)


def _answers(endpoint: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx2.get(endpoint, timeout=10).status_code < 500:
                return True
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    return False
