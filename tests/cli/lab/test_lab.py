"""Debug sessions from a terminal: every verb against a real hub, a real sandbox and a real repository."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import typer

from pilothouse.cli import token
from pilothouse.cli.lab.app import app
from pilothouse.cli.lab.debug import PathMapping
from tests.support.dap import Editor, stop_at
from tests.support.flights import write_flight
from tests.support.processes import PILOTHOUSE, Program, eventually, pilothouse, ran
from tests.support.repositories import Upstream, git

PASSWORD = "correct horse"
PROGRAM = """import sys
total = sum(map(int, sys.argv[1:]))
print("total", total)
"""
pytestmark = pytest.mark.xdist_group("lab-cli")


@dataclass(frozen=True)
class LabAtHand:
    """A hub with a repository, two recordings, and a token for the command line."""

    hub: Program
    upstream: Upstream
    commit: str
    token: str
    home: Path

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PILOTHOUSE", "MD_"))}
        known = {"PILOTHOUSE_URL": self.hub.url, "PILOTHOUSE_TOKEN": self.token, "HOME": str(self.home)}
        return {**inherited, "XDG_CONFIG_HOME": str(self.home), **known, **more}

    def __call__(
        self,
        *words: object,
        code: int = 0,
        cwd: Path | None = None,
        text: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        environment, here = self.environment(**variables or {}), cwd or self.home
        if text is None:
            done = ran("lab", *words, env=environment, cwd=here, deadline_s=100)
        else:
            done = subprocess.run(
                [PILOTHOUSE, "lab", *map(str, words)], env=environment, cwd=here,
                input=text, capture_output=True, text=True, check=False, timeout=100,
            )  # fmt: skip
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}\n{self.hub.stderr[-3000:]}"
        return done


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabAtHand]:
    place = tmp_path_factory.mktemp("lab")
    (place / "home").mkdir()
    (place / "data" / "sessions").mkdir(parents=True)
    for name in ("arm_1", "arm_2"):
        write_flight(place / "data" / "sessions" / f"{name}.mcap", seconds=1)
    upstream = Upstream(place / "upstream")
    commit = upstream.commit({"program.py": PROGRAM, ".gitignore": "*.log\n"})
    settings = {"MD_HUB_AUTH_PASSWORD": PASSWORD, "PILOTHOUSE_LAB_GIT_PROTOCOLS": "file"}
    command = ("hub", "--data", place / "data", "--host", "127.0.0.1", "--port", "0")
    with pilothouse(*command, env=settings) as hub:
        made = ran("token", "create", "cli", "--scopes", "admin", "--data", place / "data")
        at_hand = LabAtHand(hub, upstream, commit, made.stdout.strip(), place / "home")
        at_hand("repo", "add", "demo", upstream.url)
        with httpx2.Client(base_url=hub.url, auth=("x", PASSWORD)) as asking:
            eventually(lambda: asking.get("/api/sessions/arm_1").json().get("state") == "ok", what="the index")
        yield at_hand


def test_a_repository_is_added_and_listed(lab: LabAtHand) -> None:
    assert "demo" in lab("repo", "list").stdout
    listed = json.loads(lab("repo", "list", "--json").stdout)
    assert [one["remote_url"] for one in listed["items"]] == [lab.upstream.url]
    refused = lab("repo", "add", "bad", "https://me:secret@example.org/x.git", code=2)
    assert "settings" in refused.stderr
    assert "secret" not in refused.stderr


def test_a_command_runs_and_its_output_and_exit_code_are_its_own(lab: LabAtHand) -> None:
    done = lab("run", "--repo", "demo", "--", "python3", "program.py", "40", "2")
    assert done.stdout == "total 42\n"

    script = "echo out; echo err >&2; printf '\\377\\n'; exit 7"
    raw = subprocess.run(
        [PILOTHOUSE, "lab", "run", "--commit", lab.commit, "--", "sh", "-c", script],
        env=lab.environment(), cwd=lab.home, capture_output=True, check=False, timeout=100,
    )  # fmt: skip
    assert (raw.returncode, raw.stdout, raw.stderr) == (7, b"out\n\xff\n", b"err\n")


def test_at_a_terminal_the_session_is_named_in_the_end(lab: LabAtHand) -> None:
    seen, code = at_a_terminal(lab, "run", "--repo", "demo", "--", "sh", "-c", "echo here; exit 3")

    assert code == 3
    assert "here" in seen
    assert re.search(r"(ses_\w+): exit code 3; pilothouse lab sessions show \1", seen)


def test_what_did_not_run_says_why(lab: LabAtHand, tmp_path: Path) -> None:
    unknown = lab("run", "--commit", "0" * 40, "--", "true", code=125)
    assert "has no commit" in unknown.stderr
    patch = tmp_path / "wrong.patch"
    patch.write_text("--- a/program.py\n+++ b/program.py\n@@ -1 +1 @@\n-nothing like it\n+x\n")
    refused = lab("run", "--patch", patch, "--", "true", code=125)
    assert "program.py, hunk 1" in refused.stderr
    slow = lab("run", "--timeout", "0.3", "--", "sleep", "60", code=125)
    assert "timeout" in slow.stderr
    patch.write_bytes(b"--- a/\x1b]0;x\x07\n+++ b/\x1b]0;x\x07\n@@ -1 +1 @@\n-a\n+b\n")
    assert "\x1b" not in lab("run", "--patch", patch, "--", "true", code=125).stderr
    assert "--ref takes a branch" in lab("run", "--commit", "--upload-pack=x", "--", "true", code=2).stderr
    assert "which repository" not in lab("run", "--repo", "none", "--", "true", code=4).stderr


def test_what_is_not_committed_is_run_and_left_as_it_is(lab: LabAtHand, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "clone", "--quiet", lab.upstream.url, str(checkout)], check=True)
    (checkout / "program.py").write_text("import extra\nprint(extra.WORD)\n")
    (checkout / "extra.py").write_text("WORD = 'not committed'\n")
    (checkout / "staged.txt").write_text("x")
    (checkout / "noise.log").write_text("x")
    git(checkout, "add", "staged.txt")
    before = git(checkout, "status", "--porcelain")

    done = lab("run", "--dirty", "--", "sh", "-c", "python3 program.py; ls", cwd=checkout)

    assert done.stdout.splitlines()[0] == "not committed"
    assert "staged.txt" in done.stdout
    assert "noise.log" not in done.stdout
    assert git(checkout, "status", "--porcelain") == before


def test_recordings_are_there_and_play(lab: LabAtHand) -> None:
    script = 'test -r "$PILOTHOUSE_RECORDING" && pilothouse-replay --speed max --topic /speed | wc -l; ls /recordings'

    done = lab("run", "--recording", "arm_1", "--recording", "arm_2", "--", "sh", "-c", script)

    lines = done.stdout.split()
    assert int(lines[0]) > 0
    assert lines[1:] == ["arm_1.mcap", "arm_2.mcap"]


def test_artifacts_are_kept_and_fetched_under_their_paths(lab: LabAtHand, tmp_path: Path) -> None:
    script = "mkdir -p out/deep; printf one > out/deep/a.txt; printf two > out/b.txt"
    done = lab("run", "--artifact", "out/**", "-o", tmp_path / "at-once", "--json", "--", "sh", "-c", script)
    session = json.loads(done.stdout.splitlines()[-1])["session_id"]
    assert (tmp_path / "at-once/out/deep/a.txt").read_text() == "one"

    assert "out/b.txt" in lab("artifacts", "list", session).stdout
    got = json.loads(lab("artifacts", "get", session, "out/b.txt", "-o", tmp_path / "later", "--json").stdout)
    assert got == {"files": [str(tmp_path / "later/out/b.txt")]}
    assert [str(path.relative_to(tmp_path)) for path in (tmp_path / "later").rglob("*.txt")] == ["later/out/b.txt"]
    lab("artifacts", "get", session, "out/none", "-o", tmp_path / "later", code=4)


def test_files_from_here_are_added_to_a_session_and_reports_among_them_count(lab: LabAtHand, tmp_path: Path) -> None:
    session = json.loads(lab("run", "--json", "--", "true").stdout.splitlines()[-1])["session_id"]
    (tmp_path / "notes.md").write_bytes(b"mine\xff")
    report = Path(__file__).parents[2] / "hub/lab/reports/coverage.json"

    plain = lab("artifacts", "add", session, tmp_path / "notes.md").stdout.strip()
    added = json.loads(lab("artifacts", "add", session, report, "--path", "out/coverage.json", "--json").stdout)
    lab("artifacts", "add", session, tmp_path / "notes.md", "--path", "out/.Git/config")

    assert (added["path"], added["size_bytes"]) == ("out/coverage.json", report.stat().st_size)
    lab("artifacts", "get", session, "-o", tmp_path / "later")
    assert (tmp_path / "later/notes.md").read_bytes() == b"mine\xff"
    assert (tmp_path / "later/out/coverage.json").read_bytes() == report.read_bytes()
    assert sorted(one.name for one in (tmp_path / "later/out").iterdir()) == ["_Git", "coverage.json"]
    assert plain in lab("artifacts", "list", session).stdout
    summary = json.loads(lab("sessions", "show", session, "--json").stdout)["summary"]
    assert summary["coverage"]["lines_covered"] == 8
    for words, code in (
        ((session, tmp_path / "none"), 2), ((session, tmp_path), 2), (("ses_none", tmp_path / "notes.md"), 4),
        ((session, tmp_path / "notes.md", "--path", "../x"), 2),
    ):  # fmt: skip
        lab("artifacts", "add", *words, code=code)


def test_a_session_goes_on_by_itself_and_is_listed_shown_followed_and_cancelled(lab: LabAtHand) -> None:
    script = "echo begun; sleep 120"
    session = lab("run", "--detach", "--label", "by-itself", "--", "sh", "-c", script).stdout.strip()

    assert session in lab("sessions", "list", "--label", "by-itself").stdout
    eventually(lambda: "begun" in lab("logs", session).stdout, what="its first word")
    shown = json.loads(lab("sessions", "show", session, "--json").stdout)
    assert shown["commands"][0]["state"] == "running"
    following = subprocess.Popen(
        [PILOTHOUSE, "lab", "logs", "-f", session], env=lab.environment(), stdout=subprocess.PIPE, text=True
    )
    assert following.stdout is not None
    assert following.stdout.readline() == "begun\n"
    assert lab("sessions", "cancel", session).stdout == f"{session} is cancelled\n"
    assert json.loads(lab("sessions", "cancel", session, "--json").stdout)["state"] == "cancelled"
    assert following.wait(30) == 0
    following.stdout.close()
    eventually(lambda: "cancelled" in lab("sessions", "show", session).stdout, what="the end")
    assert session not in lab("sessions", "list").stdout
    assert session in lab("sessions", "list", "--all").stdout
    assert json.loads(lab("logs", session, "--json").stdout)["text"] == "begun\n"


def test_ctrl_c_ends_the_session(lab: LabAtHand) -> None:
    running = subprocess.Popen(
        [PILOTHOUSE, "lab", "run", "--label", "interrupted", "--", "sh", "-c", "echo begun; sleep 120"],
        env=lab.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline() == "begun\n"

    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)

    assert running.returncode == 130
    assert "is cancelled" in said
    listed = json.loads(lab("sessions", "list", "--all", "--label", "interrupted", "--json").stdout)
    assert listed["items"][0]["state"] == "cancelled"


def test_a_shell_reads_what_it_is_given(lab: LabAtHand) -> None:
    script = "pwd\ncat program.py | head -1\necho $WORD\nexit 5\n"
    done = lab("shell", "--repo", "demo", "-e", "WORD=said", text=script, code=5)

    assert done.stdout.splitlines() == ["/workspace", "import sys", "said"]
    assert "leave out" in lab("shell", "--session", "ses_1", "--repo", "demo", text="", code=2).stderr


def test_a_shell_answers_each_line_as_json_and_keeps_the_files_between_them(lab: LabAtHand) -> None:
    done = lab(
        "shell", "--repo", "demo", "--json", text="echo kept > x; exit 3\n\ncat x; echo oh >&2; exit 4\n", code=4
    )

    *answers, last = map(json.loads, done.stdout.splitlines())
    assert [one["command"]["exit_code"] for one in answers] == [3, 4]
    assert (answers[1]["stdout"], answers[1]["stderr"]) == ("kept\n", "oh\n")
    assert (last["session"]["id"], last["session"]["state"]) == (answers[0]["session_id"], "cancelled")
    assert done.stderr == ""


def test_as_json_no_byte_is_lost_and_nothing_but_json_is_on_standard_output(lab: LabAtHand) -> None:
    done = lab("run", "--json", "--repo", "demo", "--", "printf", "\\377\\n")
    begun, *_, last = map(json.loads, done.stdout.splitlines())
    shown = json.loads(lab("logs", "--json", last["session_id"]).stdout)
    typed = lab("shell", "--repo", "demo", "--json", text="printf '\\377'\n")

    assert (begun["base64"], shown["base64"]) == ("/wo=", "/wo=")
    assert json.loads(typed.stdout.splitlines()[0])["stdout_base64"] == "/w=="
    missing = lab("run", "--json", "--repo", "demo", "--", "ls -la", code=127)
    assert "a line for a shell follows sh -c" in missing.stderr
    assert [json.loads(line) for line in missing.stdout.splitlines()][-1]["command"]["exit_code"] == 127
    for words, code in (
        (("sessions", "show", "nope"), 4),
        (("repo", "add", "x", "https://me:secret@example.org/x"), 2),
    ):
        refused = lab(words[0], words[1], "--json", *words[2:], code=code)
        assert (refused.stdout, refused.stderr[:11]) == ("", "pilothouse:")


@pytest.mark.parametrize("group", [app, token.app], ids=["lab", "token"])
def test_every_verb_answers_as_json_to_whoever_asks(group: typer.Typer) -> None:
    assert {name for name, flags in verbs(typer.main.get_command(group)) if "--json" not in flags} == set()


def verbs(command: Any, name: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every verb below a command, and its flags."""
    below: dict[str, Any] = getattr(command, "commands", {})
    if not below:
        yield name, {flag for parameter in command.params for flag in parameter.opts}
    for each, verb in below.items():
        yield from verbs(verb, f"{name} {each}".strip())


def test_a_shell_at_a_terminal_is_one(lab: LabAtHand) -> None:
    """Keys go through, the size arrives, and the terminal here is as it was."""
    ours, theirs = os.openpty()
    shell = subprocess.Popen(
        [PILOTHOUSE, "lab", "shell", "--repo", "demo"], env=lab.environment(TERM="xterm", PS1="$ "), stdin=theirs,
        stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    seen = b""

    def read_until(wanted: bytes) -> None:
        nonlocal seen
        until = time.monotonic() + 60
        while wanted not in seen:
            assert time.monotonic() < until, seen
            seen += os.read(ours, 4096)

    read_until(b"$ ")
    os.write(ours, b"test -t 0 && echo at-a-$((1+1))-terminal\n")
    read_until(b"at-a-2-terminal")
    os.write(ours, b"exit 3\n")
    assert shell.wait(60) == 3
    os.close(ours)


def at_a_terminal(lab: LabAtHand, *words: str) -> tuple[str, int]:
    """What somebody sees of it, without colours; the exit code."""
    ours, theirs = os.openpty()
    size = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1", "TTY_INTERACTIVE": "1"}
    running = subprocess.Popen([PILOTHOUSE, "lab", *words], env=lab.environment(**size), stdin=theirs, stdout=theirs,
                               stderr=theirs, cwd=lab.home, start_new_session=True)  # fmt: skip
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 4096):
            seen += piece
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode()), running.wait(60)


def test_a_batch_shows_how_each_came_out(lab: LabAtHand) -> None:
    script = 'basename "$PILOTHOUSE_RECORDING" | grep -q arm_1'
    words = ("batch", "--recording", "arm_1", "--recording", "arm_2", "--", "sh", "-c", script)

    seen, code = at_a_terminal(lab, *words)
    assert code == 1
    assert "2/2 sessions" in seen
    assert "1 of 2 succeeded" in seen
    done = json.loads(lab("batch", "--json", *words[1:], code=1).stdout)

    assert {one["recording"]: one["exit_codes"] for one in done["matrix"]} == {"arm_1": [0], "arm_2": [1]}
    assert lab("batch", "--recording", "arm_1", "--", "true").stdout.endswith("1 of 1 succeeded\n")
    assert "more than once" in lab("batch", "--", "true", code=2).stderr


def test_an_editor_debugs_through_a_local_port(lab: LabAtHand, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    words = ["debug", "--repo", "demo", "--port", "0", "--root", str(tmp_path), "--", "program.py", "40", "2"]
    debugged = subprocess.Popen(
        [PILOTHOUSE, "lab", *words], env=lab.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert debugged.stderr is not None
    line = debugged.stderr.readline()
    port = int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line)[1])  # type: ignore[index]

    async def edit() -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def send(content: bytes) -> None:
            writer.write(content)
            await writer.drain()

        editor = Editor(send, lambda: reader.read(65_536))
        # This editor says nothing of paths: where the files are is told by the command.
        thread = await stop_at(
            editor, local_root=str(tmp_path), remote_root="/workspace", file="program.py", line=3, maps=False
        )
        trace = await editor.ask("stackTrace", threadId=thread)
        frame = trace["stackFrames"][0]
        assert frame["source"]["path"] == str(tmp_path / "program.py")
        found = await editor.ask("evaluate", expression="total", frameId=frame["id"])
        await editor.ask("continue", threadId=thread)
        await editor.event("terminated")
        writer.close()
        return str(found["result"])

    async def within() -> str:
        return await asyncio.wait_for(edit(), 90)

    assert asyncio.run(within()) == "42"
    output, _ = debugged.communicate(timeout=60)
    assert (debugged.returncode, output) == (0, "total 42\n")


def test_the_sandbox_is_shown(lab: LabAtHand) -> None:
    assert "isolated" in lab("sandbox").stdout
    assert json.loads(lab("sandbox", "--json").stdout)["level"] == "isolated"


def test_secrets_reach_commands_and_not_their_output(lab: LabAtHand) -> None:
    lab("repo", "secret", "demo", "API_KEY", text="k3y-of-the-robot\n")

    done = lab("run", "--secret", "API_KEY", "-e", "WORD=said", "--", "sh", "-c", 'echo "$WORD ${#API_KEY} $API_KEY"')

    assert done.stdout.startswith("said 16 ")
    assert "k3y" not in done.stdout
    removed = json.loads(lab("repo", "secret", "demo", "API_KEY", "--remove", "--json").stdout)
    assert removed == {"repository": "demo", "secret": "API_KEY", "state": "forgotten"}


def test_login_keeps_a_token_that_works_for_nobody_elses_eyes(lab: LabAtHand, tmp_path: Path) -> None:
    blank = {"PILOTHOUSE_URL": "", "PILOTHOUSE_TOKEN": "", "XDG_CONFIG_HOME": str(tmp_path)}
    lab("login", "--url", lab.hub.url, text="not-a-token\n", code=3, variables=blank)
    assert "pilothouse token create" in lab("login", "--url", lab.hub.url, text="", code=3, variables=blank).stderr
    assert not (tmp_path / "pilothouse").exists()

    file = Path(lab("login", "--url", lab.hub.url, text=f"{lab.token}\n", variables=blank).stdout.strip())

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    known = {**blank, "PILOTHOUSE_TOKEN": lab.token, "XDG_CONFIG_HOME": str(tmp_path / "other")}
    assert lab("login", "--url", lab.hub.url, text="", variables=known).stdout.startswith(str(tmp_path / "other"))
    assert "demo" in lab("repo", "list", variables=blank).stdout
    # To another hub it is not shown.
    lab("repo", "list", "--url", lab.hub.url.replace("127.0.0.1", "localhost"), code=3, variables=blank)
    file.chmod(0o644)
    assert "chmod 600" in lab("repo", "list", code=2, variables=blank).stderr


def test_a_token_for_one_repository_opens_that_one(lab: LabAtHand) -> None:
    data = lab.home.parent / "data"
    words = ["token", "create", "ci", "--scopes", "sessions:write,commands:write", "--repository", "demo"]
    made = ran(*words, "--data", data)
    bound = {"PILOTHOUSE_TOKEN": made.stdout.strip()}

    assert lab("run", "--repo", "demo", "--", "echo", "hello", variables=bound).stdout == "hello\n"
    lab("repo", "add", "other", lab.upstream.url)
    lab("run", "--repo", "other", "--", "true", code=3, variables=bound)


def test_paths_are_mapped_however_the_bytes_come() -> None:
    def said(message: dict[str, object]) -> bytes:
        body = json.dumps(message).encode()
        return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)

    whole = said({"command": "initialize"}) + said({"command": "attach", "arguments": {"justMyCode": True}}) + b"rest"

    for size in (1, 7, 1000):
        mapping = PathMapping("/here")
        passed = b"".join(mapping.feed(whole[at : at + size]) for at in range(0, len(whole), size))
        expected = [{"localRoot": "/here", "remoteRoot": "/workspace"}]
        assert passed.startswith(said({"command": "initialize"}))
        assert passed.endswith(b"rest")
        assert json.loads(passed[passed.rindex(b'{"command"') : -4])["arguments"]["pathMappings"] == expected
    theirs = said({"command": "attach", "arguments": {"pathMappings": [{"localRoot": "/a", "remoteRoot": "/b"}]}})
    assert json.loads(PathMapping("/here").feed(theirs).partition(b"\r\n\r\n")[2]) == json.loads(
        theirs.partition(b"\r\n\r\n")[2]
    )
    assert PathMapping("/here").feed(b"GET / HTTP/1.1\r\n\r\n") == b"GET / HTTP/1.1\r\n\r\n"
