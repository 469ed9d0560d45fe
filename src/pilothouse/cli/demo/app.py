"""pilothouse demo: the main job, end to end, on a real recorded flight and a simulated arm."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from itertools import chain as in_turn
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pilothouse.kit.errors import Problem, Unavailable

if TYPE_CHECKING:
    from rich.console import Console

    from pilothouse.cli.demo.chain import Chain, Progress
    from pilothouse.cli.demo.desk import Desk
    from pilothouse.cli.demo.lab import Lab
    from pilothouse.cli.demo.programs import Program

FLIGHT_S = 16.7
# What sealing, uploading and indexing 37 MB may take on a busy machine, beside the flight itself.
REST_WITHIN_S = 90.0
# The agent of the demo is silent for a minute at most, or it would count as late.
STAYS_EVERY_S = 10.0

app = typer.Typer(rich_markup_mode=None, add_completion=False)


def _pace(speed: str) -> str:
    try:
        usable = speed == "max" or 0 < float(speed) <= 1000
    except ValueError:
        usable = False
    if not usable:
        raise typer.BadParameter("give a number such as 1 or 4, or max")
    return speed


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Prove the chain, print the figures, stop, exit 0 or 1.")
    ] = False,
    data: Annotated[Path, typer.Option(help="Directory for everything the demo writes.")] = Path("pilothouse-demo"),
    speed: Annotated[
        str, typer.Option(callback=_pace, help="1 is as it flew, 4 is four times as fast, max as fast as can be.")
    ] = "1",
    show: Annotated[
        bool, typer.Option("--open/--no-open", help="Open a browser on the incident, where there is a screen.")
    ] = True,
) -> None:
    """Record, guard, deliver and triage on this machine: a real drone flight, and an arm whose policy misbehaves.

    Starts a hub, and on loopback what two robots run. The recorder of drone-1 replays the flight as if it flew now;
    follow the evidence: the rule that fires above 9 m/s, the sealed recording, its delivery, the hub's row, the
    incident, its task on a board, the agent that takes it, the person who approves. The guard of arm-1 stands between
    a simulated arm and a policy that asks for the impossible every other second; its recorder keeps what happened.
    Keeps running until Ctrl-C so that you can look around.
    """
    from rich.console import Console

    console = Console(highlight=False)
    # SIGTERM must not leave two programs behind, and a shell that started us in the background has SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        _run(console, data.resolve(), once=once, speed=speed, show=show)
    except KeyboardInterrupt:
        console.print("Stopped.")
    except Problem as problem:
        typer.echo(f"pilothouse demo: {problem.sentence}", err=True)
        raise typer.Exit(1) from None


def _run(console: Console, data: Path, *, once: bool, speed: str, show: bool) -> None:
    from datetime import UTC, datetime

    import httpx2

    from pilothouse.cli.demo.chain import Chain
    from pilothouse.cli.demo.desk import Desk
    from pilothouse.cli.demo.flight import drone_flight
    from pilothouse.cli.demo.lab import HUB_SETTINGS, Lab
    from pilothouse.cli.demo.robots import ARM, DRONE, drone_recorder
    from pilothouse.cli.demo.screen import Screen

    console.print("A real drone flight, watched by one rule, recorded, sealed and delivered; and an arm, guarded.")
    console.print(f"Everything is kept in {data}\n", soft_wrap=True)
    with ExitStack() as stack:
        flight = stack.enter_context(drone_flight())
        words = ["hub", "--host", "127.0.0.1", "--data", str(data / "hub")]
        hub = _started(stack, "hub", words, data, port=8000, settings=HUB_SETTINGS)
        console.print(f"hub       {hub.url}  (pid {hub.pid})")
        desk = stack.enter_context(closing(Desk(hub.url, data)))
        lab = Lab(desk.operator, data)
        since = datetime.now(UTC)
        flies = drone_recorder(data, hub_url=hub.url, flight=flight, speed=speed)
        recorder = _started(stack, "recorder", ["recorder", "run", "--config", str(flies)], data, port=7000)
        console.print(f"recorder  {recorder.url}  (pid {recorder.pid}), of {DRONE}")
        beside, guard = _arm(stack, data, hub.url)
        console.print(f"guard     {guard.url}  (pid {guard.pid}), of {ARM}")
        console.print(f"          {beside.url}  (pid {beside.pid}), its recorder\n")
        programs = [guard, beside, recorder, hub]
        clients = [stack.enter_context(httpx2.Client(base_url=one.url, timeout=10)) for one in (recorder, guard, hub)]
        chain = Chain(ARM, *clients)
        with Screen(console) as screen:
            pace = 0.0 if speed == "max" else FLIGHT_S / float(speed)
            progress = chain.follow(since, within_s=pace + REST_WITHIN_S, show=screen.show)
        if once:
            _prove(console, chain, desk, lab, progress, programs)
        else:
            assert progress.recording is not None
            page = _page(hub.url, data, desk.leave_for_a_person(progress.recording))
            _reproduce(console, lab, progress.recording, hub.url)
            _invite(console, progress, page, hub.url, guard.url, data)
            if show and _has_screen():
                webbrowser.open(page)
            _wait(programs, desk)


def _reproduce(console: Console, lab: Lab, recording: dict[str, Any], hub_url: str) -> None:
    """Begin a debug session on the recording; it goes on while somebody looks around."""

    try:
        begun = lab.begin(recording)
        console.print(f"\nThe lab runs a program on this recording: {hub_url}/lab/{begun.session_id}", soft_wrap=True)
    except Unavailable as problem:
        console.print(f"\nThe lab stays empty on this machine: {problem.sentence}", soft_wrap=True, markup=False)


def _prove(
    console: Console, chain: Chain, desk: Desk, lab: Lab, progress: Progress, programs: list[Program]
) -> None:  # fmt: skip
    from pilothouse.cli.demo.chain import require

    console.print()
    assert progress.recording is not None
    for link, figures in in_turn(chain.proofs(progress), desk.proofs(progress.recording)):
        console.print(f"[green]✓[/green] {link:<10} {figures}", soft_wrap=True)
    try:
        found = lab.result(lab.begin(progress.recording))
        console.print(f"[green]✓[/green] {'lab':<10} reproduced in a sandbox, from a commit: “{found}”", soft_wrap=True)
    except Unavailable as problem:
        console.print(f"– {'lab':<10} not on this machine: {problem.sentence}", soft_wrap=True, markup=False)
    for program in programs:
        code = program.stop()
        require("stop", code == 0, f"the {program.name} ended with {code}; its log is {program.log}")
    console.print(f"[green]✓[/green] {'stop':<10} all four programs ended cleanly on SIGTERM")


def _page(hub_url: str, data: Path, incident_id: str) -> str:
    """A link that signs a browser in as the operator, once, and goes on to the incident."""
    import asyncio

    from pilothouse.cli.hub.login import make_code
    from pilothouse.hub.ui.login import link

    return link(hub_url, asyncio.run(make_code(data / "hub")), then=f"/incidents/{incident_id}")


def _has_screen() -> bool:
    return sys.stdout.isatty() and (sys.platform == "darwin" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ)))


def _invite(console: Console, progress: Progress, page: str, hub_url: str, guard_url: str, data: Path) -> None:
    from shlex import join

    from pilothouse.cli.demo.chain import ANNOTATION, trigger_offset_ns

    assert progress.recording is not None
    session = f"{hub_url}/api/sessions/{progress.recording['session_id']}"
    body = f'{{"time_ns": {trigger_offset_ns(progress.recording)}, "body": "{ANNOTATION}"}}'
    console.print("\n[bold]Five things to try[/bold] (Ctrl-C ends everything)\n")
    for what, command in (
        ("See what happened, and decide what the agent asks (this link signs in once, within 15 minutes)", page),
        ("Fetch the first 64 KiB of the evidence", f"curl -s -H 'Range: bytes=0-65535' -o head.mcap {session}/mcap"),
        (
            "Say what you see at the moment the rule fired",
            f"curl -s -X POST {session}/annotations -H 'Content-Type: application/json' -d '{body}'",
        ),
        ("See what became of it: incidents, and why", f"curl -s {hub_url}/api/v1/incidents"),
        ("Stop the arm, as an operator would", f"curl -s -X POST {guard_url}/api/control/estop"),
    ):
        console.print(f"  {what}:")
        console.print(f"    {command}\n", soft_wrap=True, markup=False)
    another = join([sys.argv[0], "hub", "login-link", "--data", str(data / "hub"), "--url", hub_url])
    console.print("  Another link, when that one is too old or in another browser:")
    console.print(f"    {another}\n", soft_wrap=True, markup=False)


def _wait(programs: list[Program], desk: Desk) -> None:
    from time import monotonic, sleep

    from pilothouse.cli.demo.chain import BrokenLink

    stayed_s = monotonic()
    while all(program.running for program in programs):
        sleep(0.5)
        if monotonic() - stayed_s > STAYS_EVERY_S:
            desk.stay()
            stayed_s = monotonic()
    ended = next(program for program in programs if not program.running)
    raise BrokenLink(link="run", reason=f"the {ended.name} ended; its log is {ended.log}")


@contextmanager
def _alone() -> Iterator[None]:
    """While another demo of the same person starts its arm, wait: from the look at the port until the guard has it, the
    recorder listens to whoever is there."""
    beside = Path(tempfile.gettempdir())
    try:
        # Not through a link that somebody else has left there; with such a person as neighbour, without the lock.
        lock = os.open(beside / f"pilothouse-demo-{os.getuid()}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        yield
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@_alone()
def _arm(stack: ExitStack, data: Path, hub_url: str) -> tuple[Program, Program]:
    """The arm's recorder, which lets the hub speak to this guard alone and so is told its port first, and the guard."""
    from pilothouse.cli.demo.programs import NotReady, Program
    from pilothouse.cli.demo.robots import arm_guard, arm_recorder

    for is_last in (False, True):
        port = 8080 if not is_last and _is_free(8080) else _free_port()
        with ExitStack() as both:
            watches = arm_recorder(data, hub_url=hub_url, guard_port=port)
            beside = _started(both, "arm-recorder", ["recorder", "run", "--config", str(watches)], data, port=7001)
            command = [*arm_guard(data, recorder_url=beside.url), "--port", str(port)]
            try:
                guard = both.enter_context(Program("guard", command, log=data / "guard.log"))
            except NotReady:
                # Somebody may have taken the port between the look and the start.
                if is_last:
                    raise
            else:
                stack.push(both.pop_all())
                return beside, guard
    raise AssertionError("the second try ends it either way")


def _started(
    stack: ExitStack,
    name: str,
    arguments: list[str],
    data: Path,
    *,
    port: int,
    settings: Mapping[str, str] | None = None,
) -> Program:
    """The program on its documented port if that is free on loopback, otherwise on any."""
    from pilothouse.cli.demo.programs import NotReady, Program

    ports = [port, 0] if _is_free(port) else [0]
    for one in ports:
        try:
            command = [*arguments, "--port", str(one)]
            return stack.enter_context(Program(name, command, log=data / f"{name}.log", settings=settings))
        except NotReady:
            # Somebody may have taken the port between the look and the start; any free one cannot be taken so.
            if one == 0:
                raise
    raise AssertionError("the last port is always 0")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
