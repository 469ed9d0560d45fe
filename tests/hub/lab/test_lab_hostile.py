"""Hostile code that comes over the API: it ends at its limit, says why, and reaches nothing of anybody else's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.labs import LabCaller, alive, running_lab
from tests.support.processes import eventually

SECRET = "environment-of-the-server"
OUTPUT_MB = 1


@pytest.fixture(scope="module")
def lab_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def lab(lab_directory: Path) -> Iterator[LabCaller]:
    settings = {"PILOTHOUSE_LAB_OUTPUT_MB": str(OUTPUT_MB), "KEEP_OUT": SECRET}
    with running_lab(lab_directory, env=settings) as (_, caller):
        yield caller


@pytest.mark.parametrize(
    ("program", "limits", "reason"),
    [
        ("bomb() { bomb | bomb & }; bomb; wait; sleep 1000", {"pids": 40}, "pids"),
        ("python3 -c 'x = [bytearray(b\"x\" * (1 << 20)) for _ in range(4096)]'", {"memory_mb": 64}, "oom"),
        ("head -c 100M /dev/zero > filler; sleep 1000", {"disk_mb": 8}, "disk"),
    ],
    ids=["fork bomb", "memory hog", "disk filler"],
)
def test_what_takes_too_much_ends_at_its_limit(
    lab: LabCaller, program: str, limits: dict[str, int], reason: str
) -> None:
    marker = f"marked-{uuid4().hex}"

    ended = lab.run("bash", "-c", program, marker, limits=limits)

    assert (ended["state"], ended["termination_reason"]) == ("failed", reason)
    assert alive(marker) == []
    assert lab.run("true")["state"] == "succeeded"


def test_sessions_beside_each_other_are_different_users(lab: LabCaller) -> None:
    """What the kernel counts by user, such as inotify, is not used up by one for the other."""
    markers = [f"marked-{uuid4().hex}" for _ in range(2)]
    made = [lab.make(commands=[{"argv": ["sh", "-c", "echo up; sleep 1000", marker]}]) for marker in markers]
    for one in made:
        lab.prints(one["commands"][0], b"up")

    users = [{Path(f"/proc/{process}").stat().st_uid for process in alive(marker)} for marker in markers]

    assert users[0]
    assert users[1]
    assert not users[0] & users[1]
    for one in made:
        lab.http.delete(f"/sessions/{one['id']}")


def test_a_flood_of_output_is_kept_at_both_ends(lab: LabCaller) -> None:
    ended = lab.run("sh", "-c", "echo first; seq 1 1000000; echo last")

    kept = lab.output(ended)
    assert ended["state"] == "succeeded"
    assert (kept[:6], kept[-5:]) == (b"first\n", b"last\n")
    assert len(kept) < 2 * OUTPUT_MB << 20


def test_a_line_of_two_million_bytes_that_are_no_text_comes_back_as_it_was(lab: LabCaller) -> None:
    script = r"import sys; sys.stdout.buffer.write(b'\xff' * 2_000_000)"

    ended = lab.run("python3", "-c", script)

    # The cap keeps half of what it is at each end.
    kept = lab.output(ended)
    assert ended["state"] == "succeeded"
    assert set(kept) == {0xFF}
    assert len(kept) > 500_000


def test_a_patch_that_reaches_outside_fails_the_session_and_writes_nothing(lab: LabCaller, lab_directory: Path) -> None:
    patch = "--- /dev/null\n+++ b/../../../escaped\n@@ -0,0 +1 @@\n+x\n"

    over = lab.over(lab.make(patch=patch)["id"])

    assert over["state"] == "failed"
    assert "escaped" in over["reason"]
    assert list(lab_directory.rglob("escaped")) == []


def test_a_daemon_dies_with_its_command(lab: LabCaller) -> None:
    marker = f"marked-{uuid4().hex}"

    ended = lab.run("sh", "-c", "setsid sh -c 'while :; do sleep 1; done' $0 & echo up", marker)

    assert ended["state"] == "succeeded"
    assert eventually(lambda: not alive(marker), what="the end of the daemon")


def test_nothing_of_the_server_and_of_the_machine_is_within_reach(lab: LabCaller, lab_directory: Path) -> None:
    places = f"{lab_directory}/data/hub.db {lab_directory}/data /proc/{os.getpid()}/environ {Path.home()}/.ssh"
    script = f"env; cat /proc/*/environ; ls {places}; echo x > /usr/escaped; echo x > /etc/escaped"

    said = lab.output(lab.run("sh", "-c", script))

    assert SECRET.encode() not in said
    assert b"hub.db\n" not in said
    assert not Path("/usr/escaped").exists()
    assert not Path("/etc/escaped").exists()


def test_without_a_network_the_hub_itself_does_not_answer(lab: LabCaller) -> None:
    port = lab.url.rpartition(":")[2]
    script = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"

    ended = lab.run("python3", "-c", script)

    assert ended["exit_code"] == 1
    assert b"refused" in lab.output(ended).lower()


def test_a_session_cannot_name_the_machine_that_runs_it_among_what_it_reaches(lab: LabCaller) -> None:
    port = lab.url.rpartition(":")[2]
    places = [f"{host}:{port}" for host in ("127.0.0.1", "localhost", "0.0.0.0", "127.1", "127.0.0.2")]
    script = "for at in $AT; do curl -sS --max-time 20 -o /dev/null -w '%{http_code} ' http://$at/healthz; done; exit 3"
    environment = {"AT": " ".join(places)}

    ended = lab.run("sh", "-c", script, network="allowlist", allow=places, environment=environment)

    assert lab.output(ended, stream="stdout").split() == [b"403"] * len(places)
    assert "the machine itself" in ended["reason"]


def test_the_network_of_a_session_leads_nowhere_near_the_hub(lab: LabCaller) -> None:
    port = lab.url.rpartition(":")[2]
    script = f"curl -sS --max-time 10 http://127.0.0.1:{port}/healthz || curl -sS --max-time 10 http://10.0.2.2:{port}/"

    ended = lab.run("sh", "-c", script, network="full")

    assert ended["state"] == "failed"
    assert b"ok" not in lab.output(ended, stream="stdout")


def test_links_that_point_outside_are_no_artifacts(lab: LabCaller) -> None:
    script = "ln -s /etc/passwd taken; ln -s / root; echo mine > kept"

    ended = lab.run("sh", "-c", script, artifacts=["taken", "root/etc/passwd", "kept", "../*"])

    found = lab.http.get(f"/sessions/{ended['session_id']}/artifacts").json()["items"]
    assert [one["path"] for one in found] == ["kept"]
    assert lab.session(ended["session_id"])["summary"]["problems"] == ["taken: it is a link, or no file at all"]


def test_what_a_session_writes_into_its_repository_never_runs_outside(lab: LabCaller, lab_directory: Path) -> None:
    ran = lab_directory / "ran-outside"
    script = f"""
        for hook in post-checkout post-index-change reference-transaction pre-commit; do
            printf '#!/bin/sh\\ntouch {ran}\\n' > .git/hooks/$hook; chmod +x .git/hooks/$hook
        done
        git config core.hooksPath .git/hooks; git config core.fsmonitor "touch {ran}"
        git config filter.evil.smudge "touch {ran}; cat"; git config filter.evil.clean "touch {ran}; cat"
        echo '* filter=evil' > .gitattributes; git config --get core.fsmonitor"""
    patch = "--- a/limit.txt\n+++ b/limit.txt\n@@ -1,3 +1,3 @@\n 1\n 2\n-3\n+4\n"

    written = lab.run("sh", "-c", script)
    patched = lab.make(patch=patch, commands=[{"argv": ["cat", "limit.txt"]}])

    assert b"touch" in lab.output(written)
    assert lab.output(lab.ended(patched["commands"][0])) == b"1\n2\n4\n"
    assert not ran.exists()
