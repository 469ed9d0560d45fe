"""Sessions that run for real: a hub, a repository, a sandbox."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.support.flights import write_flight
from tests.support.labs import OPERATOR, LabCaller, debugged, running_lab
from tests.support.processes import eventually

JUNIT = """<testsuites><testsuite><testcase classname="a" name="one" time="0.5"/>
<testcase classname="a" name="two"><failure message="x"/></testcase></testsuite></testsuites>"""
REPORTS = Path(__file__).with_name("reports")
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>'


SETTINGS = {"PILOTHOUSE_LAB_SETUP_ALLOW": "packages.example"}


@pytest.fixture(scope="module")
def lab_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def lab(lab_directory: Path) -> Iterator[LabCaller]:
    with running_lab(lab_directory, env=SETTINGS) as (_, caller):
        yield caller


def frames(caller: LabCaller, session_id: str, query: str = "", token: str | None = OPERATOR) -> list[dict[str, Any]]:
    """Everything a WebSocket says until it is closed."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    address = f"{caller.url.replace('http', 'ws', 1)}/sessions/{session_id}/logs{query}"
    with connect(address, additional_headers=headers, open_timeout=30) as socket:
        return [found for text in socket if "heartbeat" not in (found := json.loads(text))]


def test_a_command_runs_at_its_commit_and_says_how_it_ended(lab: LabCaller) -> None:
    ended = lab.run("python3", "hello.py")

    assert (ended["state"], ended["termination_reason"], ended["exit_code"]) == ("succeeded", "exit", 0)
    assert lab.output(ended) == b"hello\n"
    assert ended["usage"]["wall_s"] > 0
    assert ended["usage"]["peak_memory_bytes"] > 0


def test_output_is_bytes_of_two_streams_in_order(lab: LabCaller) -> None:
    ended = lab.run("sh", "-c", r"printf 'a\377b\n'; echo err >&2; echo last")

    assert lab.output(ended, stream="stdout") == b"a\xffb\nlast\n"
    assert lab.output(ended, stream="stderr") == b"err\n"
    assert lab.output(ended, head=1, stream="stdout") == b"a\xffb\n"
    assert lab.output(ended, tail=1, stream="stdout") == b"last\n"
    assert lab.output(ended, grep="las") == b"last\n"
    whole = lab.output(ended)
    assert sorted(whole.splitlines()) == [b"a\xffb", b"err", b"last"]
    assert lab.output(ended, **{"from": 4}) == whole[4:]


def test_a_range_of_the_output_is_answered(lab: LabCaller) -> None:
    ended = lab.run("seq", "1000")
    path = f"/sessions/{ended['session_id']}/commands/{ended['id']}/output"

    answer = lab.http.get(path, headers={"Range": "bytes=2-5"})

    assert (answer.status_code, answer.content) == (206, b"2\n3\n")


def test_commands_of_a_session_run_in_order_in_one_checkout(lab: LabCaller) -> None:
    made = lab.make(commands=[{"argv": ["sh", "-c", "echo 1 > made"]}, {"argv": ["cat", "made"]}], end_when_done=True)

    over = lab.over(made["id"])

    assert over["state"] == "completed"
    assert lab.output(made["commands"][1]) == b"1\n"


def test_nothing_of_one_session_is_seen_by_the_next(lab: LabCaller) -> None:
    first = lab.run("sh", "-c", "echo secret > left-behind")
    lab.http.delete(f"/sessions/{first['session_id']}")
    lab.over(first["session_id"])

    second = lab.run("ls")

    assert b"left-behind" not in lab.output(second)


def test_an_unknown_commit_makes_a_session_that_fails_and_says_why(lab: LabCaller) -> None:
    made = lab.make(commit_sha="d" * 40, commands=[{"argv": ["true"]}])

    over = lab.over(made["id"])

    assert (over["state"], over["reason_code"]) == ("failed", "unknown_commit")
    assert "d" * 40 in over["reason"]
    assert lab.command(made["commands"][0])["termination_reason"] == "setup_failed"


def test_a_patch_is_applied(lab: LabCaller) -> None:
    patch = "--- a/hello.py\n+++ b/hello.py\n@@ -1 +1 @@\n-print('hello')\n+print('patched')\n"
    made = lab.make(patch=patch, commands=[{"argv": ["python3", "hello.py"]}])

    lab.ended(made["commands"][0])

    assert lab.output(made["commands"][0]) == b"patched\n"


def test_a_patch_that_does_not_apply_names_file_and_hunk(lab: LabCaller) -> None:
    patch = "--- a/limit.txt\n+++ b/limit.txt\n@@ -1,3 +1,3 @@\n 7\n-8\n+9\n 10\n"

    over = lab.over(lab.make(patch=patch)["id"])

    assert (over["state"], over["reason_code"]) == ("failed", "patch_does_not_apply")
    assert "limit.txt" in over["reason"]
    assert "hunk 1" in over["reason"]


def test_a_running_command_is_cancelled_with_everything_it_started(lab: LabCaller) -> None:
    made = lab.make(commands=[{"argv": ["sh", "-c", "setsid sleep 4321 & echo up; sleep 4321"]}])
    command = made["commands"][0]
    lab.prints(command, b"up")

    lab.http.delete(f"/sessions/{made['id']}/commands/{command['id']}")

    ended = lab.ended(command)
    assert (ended["state"], ended["termination_reason"]) == ("cancelled", "cancelled")
    assert lab.session(made["id"])["state"] == "active"


def test_a_cancelled_session_ends_what_runs_and_what_waits(lab: LabCaller) -> None:
    made = lab.make(commands=[{"argv": ["sh", "-c", "echo up; sleep 4322"]}, {"argv": ["true"]}])
    lab.prints(made["commands"][0], b"up")

    assert lab.http.delete(f"/sessions/{made['id']}").status_code == 204

    assert lab.over(made["id"])["state"] == "cancelled"
    assert [lab.ended(one)["state"] for one in made["commands"]] == ["cancelled", "cancelled"]


def test_a_command_that_takes_too_long_ends_by_timeout(lab: LabCaller) -> None:
    ended = lab.run("sleep", "4323", timeout_s=0.5)

    assert (ended["state"], ended["termination_reason"]) == ("failed", "timeout")


def test_a_command_that_is_silent_for_too_long_ends_by_that(lab: LabCaller) -> None:
    ended = lab.run("sh", "-c", "echo up; sleep 4324", idle_timeout_s=0.5)

    assert (ended["state"], ended["termination_reason"]) == ("failed", "idle_timeout")


def test_how_far_the_machine_keeps_commands_apart_is_shown(lab: LabCaller) -> None:
    ended = lab.run("true")

    (worker,) = lab.http.get("/sandbox").json()["workers"]
    ready = lab.http.get("/readyz").json()
    assert lab.session(ended["session_id"])["sandbox_level"] == worker["level"] == "isolated"
    assert worker["mechanisms"]["bubblewrap"] == "works"
    assert {"none", "allowlist"} <= set(worker["networks"])
    assert "isolated" in str(ready)


def test_what_is_typed_reaches_the_command(lab: LabCaller) -> None:
    made = lab.make(commands=[{"argv": ["cat"], "interactive": True}])
    command = made["commands"][0]
    path = f"/sessions/{made['id']}/commands/{command['id']}/stdin"
    eventually(lambda: lab.command(command)["state"] == "running", what="the command to run")

    answer = lab.http.post(path, json={"text": "typed\n"})
    lab.http.post(path, json={"close": True})

    assert answer.status_code == 204
    assert lab.ended(command)["exit_code"] == 0
    assert b"typed\n" in lab.output(command)


def test_a_signal_reaches_the_command(lab: LabCaller) -> None:
    script = (
        "import signal, time; signal.signal(signal.SIGINT, lambda *a: exit(7)); print('up', flush=True); time.sleep(99)"
    )
    made = lab.make(commands=[{"argv": ["python3", "-c", script]}])
    command = made["commands"][0]
    lab.prints(command, b"up")

    lab.http.post(f"/sessions/{made['id']}/commands/{command['id']}/signal", json={"signal": "INT"}).raise_for_status()

    assert lab.ended(command)["exit_code"] == 7


def test_files_are_written_and_read_and_never_outside(lab: LabCaller) -> None:
    ended = lab.run("ln", "-s", "/etc/passwd", "out")
    base = f"/sessions/{ended['session_id']}/files"

    written = lab.http.put(f"{base}/deep/er/x.bin", content=b"\x00\xff")

    assert written.status_code == 200
    assert lab.http.get(f"{base}/deep/er/x.bin").content == b"\x00\xff"
    assert lab.http.get(f"{base}/out").status_code == 404
    assert lab.http.get(f"{base}/%2e%2e/x").status_code in (404, 422)
    assert lab.http.get(f"{base}/nothing").status_code == 404
    changes = lab.queue(ended["session_id"], "sh", "-c", "echo more >> deep/er/x.bin && rm -r deep")
    assert lab.ended(changes)["exit_code"] == 0


def test_artifacts_are_kept_and_reports_read(lab: LabCaller) -> None:
    files = {"junit.xml": JUNIT, "coverage.xml": (REPORTS / "coverage.xml").read_text()}
    script = "; ".join(f"printf '%s' '{content}' > {name}" for name, content in files.items())
    ended = lab.run("sh", "-c", f"{script}; ln -s /etc/passwd evil.xml", artifacts=["*.xml"])

    listed = lab.http.get(f"/sessions/{ended['session_id']}/artifacts").json()["items"]
    summary = lab.session(ended["session_id"])["summary"]

    assert [one["path"] for one in listed] == ["coverage.xml", "junit.xml"]
    assert (summary["tests"]["tests"], summary["tests"]["failures"]) == (2, 1)
    assert summary["tests"]["failed"] == ["a::two"]
    assert summary["coverage"] == {"line_rate": 0.8889, "lines_covered": 8, "lines_valid": 9}
    assert any("evil.xml" in problem for problem in summary["problems"])
    lab.ended(lab.queue(ended["session_id"], "true"))
    assert lab.session(ended["session_id"])["summary"] == summary, "the same reports were counted again"
    path = f"/sessions/{ended['session_id']}/artifacts/{listed[0]['id']}"
    assert lab.http.get(path, headers={"Range": "bytes=0-8"}).content == b"<?xml ver"


def test_a_report_that_grows_is_not_read(lab: LabCaller) -> None:
    encoded = base64.b64encode(BOMB.encode()).decode()
    ended = lab.run("sh", "-c", f"echo {encoded} | base64 -d > junit.xml", artifacts=["junit.xml"])

    summary = lab.session(ended["session_id"])["summary"]

    assert summary["tests"] is None
    assert "entities" in summary["problems"][0]


def test_a_secret_enters_by_name_and_is_never_shown(lab: LabCaller) -> None:
    kept = lab.http.put("/repository/demo/secrets/TOKEN_X", json={"value": "s3cr3t-value-1"})
    ended = lab.run("sh", "-c", "echo $TOKEN_X; echo $TOKEN_X > out.txt", secrets=["TOKEN_X"], artifacts=["out.txt"])
    without = lab.run("sh", "-c", "echo -$TOKEN_X-")

    assert kept.status_code == 204
    assert b"s3cr3t" not in lab.output(ended)
    assert lab.output(without) == b"--\n"
    artifact = lab.http.get(f"/sessions/{ended['session_id']}/artifacts").json()["items"][0]
    content = lab.http.get(f"/sessions/{ended['session_id']}/artifacts/{artifact['id']}").content
    assert b"s3cr3t" not in content
    assert content


def test_a_secret_that_one_command_left_is_hidden_in_all_that_comes_after(lab: LabCaller) -> None:
    """In the next one's output, in files, in artifacts and their names."""
    lab.http.put("/repository/demo/secrets/LEFT", json={"value": "s3cr3t-left-1"}).raise_for_status()
    made = lab.make(commands=[{"argv": ["sh", "-c", "echo $LEFT > $LEFT.txt; cp s3* kept.log"], "secrets": ["LEFT"]}])
    later = lab.queue(made["id"], "sh", "-c", "echo -$LEFT-; cat kept.log", artifacts=["s3*", "kept.log"])

    assert lab.ended(later)["state"] == "succeeded"
    assert lab.output(later) == b"--\n***\n"
    found = lab.http.get(f"/sessions/{made['id']}/artifacts").json()["items"]
    assert [one["path"] for one in found] == ["***.txt", "kept.log"]
    kept = [lab.http.get(f"/sessions/{made['id']}/artifacts/{one['id']}").content for one in found]
    assert kept == [b"***\n", b"***\n"]
    assert lab.http.get(f"/sessions/{made['id']}/files/kept.log").content == b"***\n"


def test_a_secret_is_nowhere_to_be_read_in_the_data_directory(lab: LabCaller, lab_directory: Path) -> None:
    value = "zx81-kept-sealed"
    lab.http.put("/repository/demo/secrets/SEALED", json={"value": value}).raise_for_status()
    ended = lab.run("sh", "-c", 'test "$SEALED" = zx81-"kept-sealed"', secrets=["SEALED"])

    key = lab_directory / "data" / "lab-secrets.key"
    assert ended["exit_code"] == 0
    assert key.stat().st_mode & 0o777 == 0o600
    assert not [one for one in (lab_directory / "data").glob("hub.db*") if value.encode() in one.read_bytes()]


def test_a_set_up_reaches_only_what_the_operator_named(lab: LabCaller, lab_directory: Path) -> None:
    asking = ["python3", "-c", "import urllib.request as net; net.urlopen('https://elsewhere.example/', timeout=20)"]
    known = {"name": "made", "remote_url": f"file://{lab_directory / 'origin'}", "setup": [asking]}
    lab.http.post("/repository/init", json=known).raise_for_status()

    made = lab.http.post("/sessions", json={"repository": "made", "ref": "main"}).json()

    over = lab.over(made["id"])
    assert (over["state"], over["reason_code"]) == ("failed", "setup_failed")
    assert "403" in over["reason"]


def test_what_a_set_up_took_is_told(lab: LabCaller, lab_directory: Path) -> None:
    making = [["sh", "-c", "mkdir -p .venv/bin && touch .venv/bin/there"]]
    known = {"name": "set-up", "remote_url": f"file://{lab_directory / 'origin'}", "setup": making}
    lab.http.post("/repository/init", json=known).raise_for_status()
    body = {"repository": "set-up", "ref": "main", "commands": [{"argv": ["ls", ".venv/bin"]}], "end_when_done": True}

    made = [lab.over(lab.http.post("/sessions", json=body).json()["id"]) for _ in range(2)]

    assert [one["timings"]["setup_cached"] for one in made] == [False, True]
    assert made[0]["timings"]["setup_s"] == made[1]["timings"]["setup_s"] > 0


def test_logs_tell_history_then_what_comes_and_the_end(lab: LabCaller) -> None:
    made = lab.make(
        commands=[{"argv": ["sh", "-c", "echo one; echo two"]}, {"argv": ["sh", "-c", "exit 3"]}], end_when_done=True
    )

    seen = frames(lab, made["id"])

    text = "".join(one.get("text", "") for one in seen)
    assert text == "one\ntwo\n"
    ends = [(one["exit_code"], one["termination_reason"]) for one in seen if "exit_code" in one]
    assert ends == [(0, "exit"), (3, "exit")]
    resumed = frames(lab, made["id"], "?from=4")
    assert "".join(one.get("text", "") for one in resumed) == "two\n"
    assert resumed[0]["offset"] == 4


def test_whoever_watches_by_a_ticket_leaves_with_the_token_it_was_made_with(lab: LabCaller) -> None:
    made = lab.make(commands=[{"argv": ["sh", "-c", "echo up; sleep 4325"]}])
    new = {"name": "watcher", "scopes": ["sessions:read", "commands:write"]}
    token = lab.http.post("/auth/tokens", json=new).json()
    with LabCaller(lab.url, lab.sha, token=token["token"]) as watcher:
        ticket = watcher.http.post(f"/sessions/{made['id']}/logs/ticket").json()["ticket"]
    address = f"{lab.url.replace('http', 'ws', 1)}/sessions/{made['id']}/logs?ticket={ticket}"
    with connect(address, open_timeout=30) as socket:
        assert json.loads(socket.recv(30))["text"] == "up\n"

        lab.http.delete(f"/auth/tokens/{token['id']}").raise_for_status()

        with pytest.raises(ConnectionClosed) as closed:
            list(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    lab.http.delete(f"/sessions/{made['id']}")


def test_logs_of_a_command_are_those_of_its_own_session(lab: LabCaller) -> None:
    one, other = lab.make(), lab.make(commands=[{"argv": ["echo", "private"]}], end_when_done=True)
    lab.over(other["id"])
    command = other["commands"][0]["id"]

    assert frames(lab, one["id"], f"?command_id={command}", token=one["token"]) == []
    assert frames(lab, other["id"], f"?command_id={command}")[0]["text"] == "private\n"


def test_a_ticket_opens_one_socket_once(lab: LabCaller) -> None:
    made = lab.make(commands=[{"argv": ["echo", "hi"]}], end_when_done=True)
    ticket = lab.http.post(f"/sessions/{made['id']}/logs/ticket").json()["ticket"]

    seen = frames(lab, made["id"], f"?ticket={ticket}", token=None)

    assert seen[0]["text"] == "hi\n"
    with pytest.raises(InvalidStatus):
        frames(lab, made["id"], f"?ticket={ticket}", token=None)
    with pytest.raises(InvalidStatus):
        frames(lab, made["id"], token=None)


def test_a_batch_runs_one_session_for_each_commit_and_shows_a_matrix(lab: LabCaller) -> None:
    session = {"repository": "demo", "commands": [{"argv": ["python3", "hello.py"]}]}
    made = lab.http.post("/batches", json={"session": session, "commits": [lab.sha, "e" * 40]}).json()

    done = eventually(
        lambda: found if (found := lab.http.get(f"/batches/{made['id']}").json())["completed"] == 2 else None
    )

    assert [one["state"] for one in done["matrix"]] == ["completed", "failed"]
    assert done["matrix"][0]["exit_codes"] == [0]
    assert done["succeeded"] == 1


def test_a_sessions_own_token_opens_that_session_alone(lab: LabCaller) -> None:
    made, other = lab.make(), lab.make()
    with LabCaller(lab.url, lab.sha, token=made["token"]) as own:
        assert own.http.get(f"/sessions/{made['id']}").status_code == 200
        assert own.queue(made["id"], "true")["sequence"] == 1
        assert own.http.get(f"/sessions/{other['id']}").status_code == 404
        assert [one["id"] for one in own.http.get("/sessions").json()["items"]] == [made["id"]]
        assert own.http.delete(f"/sessions/{made['id']}").status_code == 403


def test_a_recording_that_is_not_there_makes_no_session(lab: LabCaller) -> None:
    assert lab.http.post("/sessions", json={"repository": "demo", "recordings": ["nothing"]}).status_code == 404


def test_a_recording_is_mounted_read_only_and_named(lab_directory: Path, lab: LabCaller) -> None:
    write_flight(lab_directory / "data" / "sessions" / "arm_1.mcap", seconds=1)
    eventually(lambda: lab.http.get("/api/sessions/arm_1").status_code == 200, what="the recording to be found")
    script = (
        'echo $PILOTHOUSE_RECORDING; head -c 5 "$PILOTHOUSE_RECORDING" | tail -c 4; echo x > /recordings/arm_1.mcap'
    )
    incident = lab.http.post("/api/v1/incidents", json={"title": "stuck"}).json()
    made = lab.make(commands=[{"argv": ["sh", "-c", script]}], recordings=["arm_1"], incident_id=incident["id"])

    ended = lab.ended(made["commands"][0])

    assert lab.output(ended, stream="stdout").startswith(b"/recordings/arm_1.mcap\nMCAP")
    assert ended["exit_code"] != 0
    entries = lab.http.get(f"/api/v1/incidents/{incident['id']}/timeline").json()["items"]
    assert ("lab_session", made["id"]) in [(one["kind"], one["subject"]) for one in entries]
    found = lab.http.get("/sessions", params={"incident_id": incident["id"]}).json()["items"]
    assert [one["id"] for one in found] == [made["id"]]


@pytest.mark.anyio
async def test_an_editor_stops_a_program_in_a_session(lab: LabCaller) -> None:
    name, ended, output = await debugged(lab)

    assert (name, ended["exit_code"]) == ("add", 0)
    assert b"sum 42" in output
