"""Viewers on the real program: our own client, and the one the viewers are built on."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from starlette.testclient import WebSocketDenialResponse
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from pilothouse.kit.clock import SystemClock
from pilothouse.recorder.sources.config import FoxgloveConfig
from pilothouse.recorder.sources.opening import open_source
from tests.support.ears import listening
from tests.support.processes import Program, eventually, pilothouse
from tests.support.served_guards import PATIENT, guarding, stack_of

NPM_CLIENT = """
const { FoxgloveClient } = require("@foxglove/ws-protocol");
const WebSocket = require("ws");
const client = new FoxgloveClient({ ws: new WebSocket(process.argv[2], [FoxgloveClient.SUPPORTED_SUBPROTOCOL]) });
const topics = new Map(), got = {};
client.on("error", (error) => { console.error(error); process.exit(1); });
client.on("serverInfo", (info) => { got.name = info.name; });
client.on("advertise", (channels) => {
  for (const channel of channels) topics.set(client.subscribe(channel.id), channel);
});
client.on("message", ({ subscriptionId, data }) => {
  const channel = topics.get(subscriptionId);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  got[channel.topic] = channel.encoding === "json" ? JSON.parse(bytes.toString()) : bytes.length;
  if (got["/dam/cycle"] && got["/joint_states"] && got["/dam/images/top"]) {
    console.log(JSON.stringify(got)); client.close(); process.exit(0);
  }
});
"""


@contextmanager
def guard(tmp_path: Path, **telemetry: object) -> Iterator[Program]:
    sources = {"arm": {"type": "sim", "cameras": {"top": {"width": 32, "height": 24, "rate_hz": 30}}}}
    file = tmp_path / "stack.yaml"
    file.write_text(yaml.safe_dump(stack_of(sources=sources, telemetry=telemetry)))
    with pilothouse(
        "guard", "run", file, "--data", tmp_path / "data", "--port", "0", "--start", env=PATIENT
    ) as program:
        yield program


def socket_of(program: Program) -> str:
    return program.url.replace("http", "ws") + "/foxglove"


def test_the_recorders_own_client_sees_the_robot(tmp_path: Path) -> None:
    with guard(tmp_path) as program:
        config = FoxgloveConfig.model_validate({"kind": "foxglove", "url": socket_of(program)})
        with listening(open_source(config, SystemClock())) as (_, ear):
            eventually(
                lambda: {"/dam/cycle", "/joint_states", "/dam/images/top"} <= set(ear.counts()), what="every topic"
            )

    assert json.loads(ear.of("/dam/cycle")[0])["type"] == "cycle"
    assert json.loads(ear.of("/joint_states")[0])["name"] == ["j0", "j1"]


def test_a_viewer_that_speaks_something_else_is_refused(tmp_path: Path) -> None:
    with guard(tmp_path) as program, pytest.raises(InvalidStatus), connect(socket_of(program)):
        pass


def test_a_port_of_its_own_is_served_where_the_stackfile_says(tmp_path: Path) -> None:
    with guard(tmp_path, foxglove={"port": 0}) as program:
        url = eventually(
            lambda: next((word[4:] for word in program.stderr.split() if word.startswith("url=ws://")), None)
        )
        with connect(url, subprotocols=["foxglove.sdk.v1"]) as client:  # type: ignore[list-item]
            assert json.loads(client.recv())["op"] == "serverInfo"
            assert client.subprotocol == "foxglove.sdk.v1"
        assert program.stop() == 0


def test_the_npm_client_that_viewers_are_built_on_sees_the_robot(tmp_path: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    assert npm, "make test needs Node.js"
    assert node, "make test needs Node.js"
    command = [
        npm,
        "install",
        "--no-audit",
        "--no-fund",
        "--prefix",
        str(tmp_path),
        "@foxglove/ws-protocol@0.8",
        "ws@8",
    ]
    installed = subprocess.run(command, capture_output=True, timeout=60, check=False)
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install @foxglove/ws-protocol here: {installed.stderr[-200:]!r}")
    (tmp_path / "client.js").write_text(NPM_CLIENT)

    with guard(tmp_path) as program:
        ran = subprocess.run(
            [node, str(tmp_path / "client.js"), socket_of(program)], capture_output=True, timeout=60, check=False
        )

    assert ran.returncode == 0, ran.stderr
    got = json.loads(ran.stdout)
    assert got["name"] == "arm"
    assert got["/dam/cycle"]["type"] == "cycle"
    assert len(got["/joint_states"]["position"]) == 2
    assert got["/dam/images/top"] > 100


VIEWERS = "ws://127.0.0.1:8080/foxglove"


def test_a_viewer_that_is_a_web_page_is_let_in_when_its_address_is_allowed(tmp_path: Path) -> None:
    page = {"origin": "https://app.foxglove.dev"}
    for allowed in ((), ("app.foxglove.dev",)):
        directory = tmp_path / str(len(allowed))
        directory.mkdir()
        with guarding(directory, allowed_hosts=allowed) as guard:
            connecting = guard.http.websocket_connect(VIEWERS, subprotocols=["foxglove.sdk.v1"], headers=page)
            if allowed:
                with connecting as socket:
                    assert json.loads(socket.receive_text())["op"] == "serverInfo"
            else:
                with pytest.raises(WebSocketDenialResponse) as refused, connecting:
                    pass
                assert refused.value.status_code == 403
