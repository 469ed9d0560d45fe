"""The allow-list: what is named is reached, and nothing else, whatever is tried."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pilothouse.sandbox.keeper.outward import own_addresses
from pilothouse.sandbox.log import Stream
from pilothouse.sandbox.model import Limits, Network, NetworkMode, Offer
from pilothouse.sandbox.probing import FULL_APART
from pilothouse.sandbox.problems import BadAllowance
from pilothouse.sandbox.proxy import Allowance, AllowListProxy
from tests.support.sandboxes import bench, offer

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def web_server(host: str = "127.0.0.1") -> AsyncIterator[tuple[int, list[bytes]]]:
    """A service of the machine that says hello over plain HTTP, and what it was asked."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.read(65536)
        if not head:
            writer.close()
            return
        asked.append(head)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, host, 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


async def through(allow: tuple[str, ...], request: str, *, this_machine: bool = True) -> bytes:
    """What a proxy with this allow-list answers."""
    proxy = AllowListProxy([Allowance.parse(one) for one in allow], this_machine=this_machine)
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    await proxy.serve(listener)
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(request.encode())
        writer.write_eof()
        async with asyncio.timeout(30):
            return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()
        proxy.close()


async def test_a_command_reaches_what_is_named_and_nothing_else(tmp_path: Path) -> None:
    script = """
    curl -sS http://127.0.0.1:{named}/one; echo
    curl -sS --proxytunnel http://127.0.0.1:{named}/two; echo
    curl -sS -o /dev/null -w '%{{http_code}}\\n' http://127.0.0.1:{other}/
    curl -sS -o /dev/null -w '%{{http_connect}}\\n' --proxytunnel http://127.0.0.1:{other}/
    curl -sS --noproxy '*' --max-time 5 http://127.0.0.1:{named}/
    """
    async with web_server() as (named, asked), web_server() as (other, refused), bench(tmp_path) as sandbox:
        network = Network(NetworkMode.ALLOWLIST, (f"127.0.0.1:{named}",))
        ran = await sandbox.shell(script.format(named=named, other=other), network=network)

    assert ran.output(Stream.STDOUT).splitlines() == ["hello", "hello", "403", "403"], ran.output()
    assert [head.splitlines()[0] for head in asked] == [b"GET /one HTTP/1.1", b"GET /two HTTP/1.1"]
    assert refused == []


async def test_around_the_proxy_there_is_nothing(tmp_path: Path) -> None:
    program = """
import socket, sys
for address in ((("127.0.0.1", int(sys.argv[1]))), ("192.0.2.1", 443), ("10.0.0.1", 80)):
    try:
        socket.create_connection(address, timeout=5)
        print("reached", address)
    except OSError as problem:
        pass
try:
    socket.getaddrinfo("example.com", 80)
    print("resolved")
except OSError:
    print("nothing")
    """
    async with web_server() as (port, asked), bench(tmp_path) as sandbox:
        network = Network(NetworkMode.ALLOWLIST, (f"127.0.0.1:{port}",))
        ran = await sandbox.run("/usr/bin/python3", "-c", program, str(port), network=network)

    assert ran.output() == "nothing\n"
    assert asked == []


async def test_two_commands_do_not_share_their_way_out(tmp_path: Path) -> None:
    async with web_server() as (one, _), web_server() as (two, _), bench(tmp_path) as sandbox:
        script = f"for port in {one} {two}; do curl -s -o /dev/null -w '%{{http_code}} ' http://127.0.0.1:$port/; done"
        ran = await asyncio.gather(
            sandbox.shell(script, network=Network(NetworkMode.ALLOWLIST, (f"127.0.0.1:{one}",))),
            sandbox.shell(script, network=Network(NetworkMode.ALLOWLIST, (f"127.0.0.1:{two}",))),
        )

    assert [each.output() for each in ran] == ["200 403 ", "403 200 "]


def shared() -> Offer:
    """This machine without what keeps the full network apart."""
    mechanisms = {name: one for name, one in offer().mechanisms.items() if name != FULL_APART}
    return replace(offer(), mechanisms=mechanisms)


async def test_full_is_the_machines_network_where_none_can_be_made(tmp_path: Path) -> None:
    async with web_server() as (port, _), bench(tmp_path, shared()) as sandbox:
        ran = await sandbox.shell(f"curl -s http://127.0.0.1:{port}/", network=Network(NetworkMode.FULL))

    assert ran.output() == "hello"


OUTWARD = """
import os, socket, sys

def reached(address, port):
    try:
        socket.create_connection((address, port), timeout=5).close()
    except ConnectionRefusedError:
        return "refused"
    except OSError as problem:
        return problem.strerror or "silent"
    return "reached"

port = int(sys.argv[1])
print([reached(one, port) for one in ("127.0.0.1", "10.0.2.2", "169.254.169.254", *sys.argv[2:])])
print(sorted(name for _, name in socket.if_nameindex()), open("/etc/resolv.conf").read().split())
print(len([pid for pid in os.listdir("/proc") if pid.isdigit()]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a full network apart needs root")
async def test_full_leads_out_of_the_machine_and_not_to_its_own_services(tmp_path: Path) -> None:
    async with web_server("0.0.0.0") as (port, asked), bench(tmp_path) as sandbox:
        words = ("/usr/bin/python3", "-c", OUTWARD, str(port), *own_addresses())
        ran = await sandbox.run(*words, network=Network(NetworkMode.FULL))

    assert offer().works(FULL_APART), f"apt install slirp4netns; {offer().mechanisms[FULL_APART].how}"
    local, devices, seen = ran.output().splitlines()
    assert local.startswith("['refused', ")
    assert "reached" not in local
    assert "unreachable" in local.lower()
    assert (devices, seen) == ("['lo', 'tap0'] ['nameserver', '10.0.2.3']", "2")
    assert asked == []


@pytest.mark.skipif(os.geteuid() != 0, reason="a full network apart needs root")
async def test_what_makes_the_full_network_ends_with_the_command_and_is_no_part_of_it(tmp_path: Path) -> None:
    def keeping() -> list[int]:
        found = []
        for place in Path("/proc").iterdir():
            if place.name.isdigit():
                with contextlib.suppress(OSError):
                    if b"slirp4netns" in (place / "cmdline").read_bytes().split(b"\0")[0]:
                        found.append(int(place.name))
        return found

    before = set(keeping())
    async with bench(tmp_path) as sandbox:
        words, limits = ("sh", "-c", "echo up; exec sleep 600"), Limits(pids=8)
        first, log = await sandbox.start(*words, network=Network(NetworkMode.FULL), limits=limits)
        second, other_log = await sandbox.start(*words, network=Network(NetworkMode.FULL))
        for one in (log, other_log):
            async for _ in one.follow():
                break
        started = set(keeping()) - before
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in started}
        await first.signal(signal.SIGTERM)
        ended = await first.wait()
        await second.cancel()
        # Each keeper is one process or two, and other tests beside this one have theirs.
        async with asyncio.timeout(30):
            while started & set(keeping()):
                await asyncio.sleep(0.02)

    assert len(started) >= 2
    assert 0 not in owners
    assert ended.signal == signal.SIGTERM


async def test_even_on_the_machines_network_abstract_sockets_are_out_of_reach(tmp_path: Path) -> None:
    if not offer().works("no reach to other programs"):
        pytest.skip(offer().mechanisms["no reach to other programs"].how)
    program = """
import socket, sys
try:
    socket.socket(socket.AF_UNIX).connect("\\0" + sys.argv[1])
    print("reached")
except PermissionError:
    print("refused")
    """
    name = f"pilothouse-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0{name}")
        listener.listen()
        async with bench(tmp_path, shared()) as sandbox:
            ran = await sandbox.run("/usr/bin/python3", "-c", program, name, network=Network(NetworkMode.FULL))

    assert ran.output() == "refused\n"


@pytest.mark.parametrize(
    "request_line",
    [
        "CONNECT 127.0.0.1:{other}",
        "CONNECT localhost:{named}",
        "CONNECT 127.1:{named}",
        "CONNECT 2130706433:{named}",
        "CONNECT 0x7f.1:{named}",
        "CONNECT 127.0.0.1.:{other}",
        "CONNECT [::1]:{named}",
        "CONNECT 0.0.0.0:{named}",
        "GET http://127.0.0.1:{other}/",
        "GET http://127.0.0.1:{named}@127.0.0.1:{other}/",
        "GET http://localhost:{named}/",
        "GET ftp://127.0.0.1:{named}/",
        "GET /",
        "CONNECT 127.0.0.1",
        "CONNECT 127.0.0.1:99999",
        "CONNECT",
        "CONNECT \x1b]0;owned\x07:{named}",
    ],
)
async def test_what_is_not_named_exactly_is_refused(request_line: str) -> None:
    async with web_server() as (named, asked), web_server() as (other, also_asked):
        line = request_line.format(named=named, other=other)
        answer = await through((f"127.0.0.1:{named}",), f"{line} HTTP/1.1\r\nHost: 127.0.0.1:{named}\r\n\r\n")

    assert answer.split(b" ")[1] in (b"400", b"403"), answer
    assert asked == also_asked == []


async def test_the_same_address_in_other_words_is_the_same_address() -> None:
    async with web_server() as (port, _):
        answer = await through((f"127.0.0.1:{port}",), f"CONNECT [::ffff:127.0.0.1]:{port} HTTP/1.1\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200")


async def test_an_address_of_the_machine_itself_is_refused_whatever_range_it_is_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pilothouse.sandbox.proxy._outside", lambda _host: True)
    async with web_server() as (port, asked):
        answer = await through((f"127.0.0.1:{port}",), f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n", this_machine=False)

    assert answer.startswith(b"HTTP/1.1 403")
    assert asked == []


async def test_a_name_that_leads_inside_is_refused_even_when_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with web_server() as (port, asked):
        leading_to("127.0.0.1", monkeypatch)
        answer = await through((f"rebound.example:{port}",), f"CONNECT rebound.example:{port} HTTP/1.1\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 403")
    assert b"private address" in answer
    assert asked == []


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "::1", "fd00::1", "fe80::1", "fec0::1",
        "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "2002:7f00:1::",
    ],
)  # fmt: skip
async def test_no_private_range_is_reached_by_name(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    leading_to(address, monkeypatch)

    assert (await through(("inside.example",), "CONNECT inside.example:443 HTTP/1.1\r\n\r\n")).startswith(
        b"HTTP/1.1 403"
    )


async def test_one_public_address_beside_a_private_one_does_not_help(monkeypatch: pytest.MonkeyPatch) -> None:
    leading_to("1.1.1.1", monkeypatch, "10.0.0.1")

    assert (await through(("mixed.example",), "CONNECT mixed.example:443 HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 403")


async def test_the_address_that_was_checked_is_the_one_that_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str] = []

    async def connecting(host: str, port: int, **_: object) -> None:
        used.append(host)
        raise ConnectionRefusedError

    leading_to("1.1.1.1", monkeypatch)
    there = asyncio.open_connection
    monkeypatch.setattr("pilothouse.sandbox.proxy.asyncio.open_connection", connecting)
    proxy = AllowListProxy([Allowance("public.example", 443)])
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    await proxy.serve(listener)
    reader, writer = await there(*address)
    writer.write(b"CONNECT public.example:443 HTTP/1.1\r\n\r\n")
    answer = await reader.read()
    writer.close()
    proxy.close()

    assert used == ["1.1.1.1"]
    assert answer.startswith(b"HTTP/1.1 502")


async def test_a_second_request_on_the_same_connection_goes_nowhere_else() -> None:
    async with web_server() as (named, asked), web_server() as (other, refused):
        first = f"GET http://127.0.0.1:{named}/ HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n"
        answer = await through((f"127.0.0.1:{named}",), first + f"GET http://127.0.0.1:{other}/ HTTP/1.1\r\n\r\n")

    assert answer.count(b"hello") == 1
    assert b"elsewhere" not in asked[0]
    assert refused == []


@pytest.mark.parametrize(
    "entry",
    ["", "*", "*.example.com", "example.com/path", "user@example.com", "a b", "host:port", "host:99999", "-x.com"],
)
def test_an_entry_that_names_nothing_is_refused(entry: str) -> None:
    with pytest.raises(BadAllowance):
        Allowance.parse(entry)


@pytest.mark.parametrize(
    ("entry", "host", "port"),
    [
        ("pypi.org", "pypi.org", 443),
        ("PyPI.org.:8443", "pypi.org", 8443),
        ("[::1]:80", "::1", 80),
        ("10.0.0.1:5432", "10.0.0.1", 5432),
        ("localhost:80", "localhost", 80),
    ],
)
def test_an_entry_is_a_host_and_a_port(entry: str, host: str, port: int) -> None:
    assert Allowance.parse(entry) == Allowance(host, port)


def leading_to(address: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> None:
    """Names resolve to these."""
    loop = asyncio.get_running_loop()

    async def resolved(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in (address, *more)]

    usual: Callable[..., object] = loop.getaddrinfo

    async def getaddrinfo(host: str, port: int, **facts: object) -> object:
        if host.endswith(".example"):
            return await resolved(host, port)
        return await usual(host, port, **facts)  # type: ignore[misc]

    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
