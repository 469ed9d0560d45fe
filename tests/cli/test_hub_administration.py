"""Tokens and robots from a terminal, against real hubs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.processes import Program, pilothouse, ran

PASSWORD = "correct horse"


def run(*words: object, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command that must end with this code."""
    # Nothing of the hub's own settings reaches a command that is to talk to it from elsewhere.
    inherited = {name: value for name, value in os.environ.items() if "PILOTHOUSE" not in name and "MD_" not in name}
    done = ran(*words, env={**inherited, **environment})
    assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub")


@pytest.fixture(scope="module")
def hub(data: Path) -> Iterator[Program]:
    command = ("hub", "--data", data, "--host", "127.0.0.1", "--port", "0")
    with pilothouse(*command, env={"MD_HUB_AUTH_PASSWORD": PASSWORD}) as program:
        yield program


def status(hub: Program, token: str, method: str = "GET", path: str = "/api/v1/robots") -> int:
    return httpx2.request(method, hub.url + path, headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_made_in_the_data_directory_opens_the_running_hub_until_it_is_revoked(hub: Program, data: Path) -> None:
    made = run("token", "create", "ci", "--scopes", "fleet:read", "--data", data)
    token = made.stdout.strip()
    assert status(hub, token) == 200
    assert status(hub, token, "POST", "/api/admin/sweep") == 403

    token_id = made.stderr.split()[0]
    assert token_id in run("token", "list", "--data", data).stdout
    run("token", "revoke", token_id, "--data", data)

    listed = run("token", "list", "--data", data).stdout
    known = json.loads(run("token", "list", "--data", data, "--json").stdout)["items"]
    assert [one["active"] for one in known if one["id"] == token_id] == [False]
    assert "ended" in next(line for line in listed.splitlines() if token_id in line)
    assert run("token", "revoke", "tok_unknown", "--data", data, code=4).stderr.startswith("pilothouse: No token")


def test_a_running_hub_hands_out_tokens_to_whoever_has_its_password(hub: Program) -> None:
    words = ("token", "create", "deploy", "--scopes", "admin, fleet:read", "--url", hub.url)

    assert "credential" in run(*words, code=3).stderr
    admin = run(*words, MD_HUB_AUTH_PASSWORD=PASSWORD).stdout.strip()
    limited = run("token", "create", "x", "--url", hub.url, PILOTHOUSE_TOKEN=admin)
    listed = run("token", "list", "--url", hub.url, PILOTHOUSE_TOKEN=admin).stdout
    run("token", "revoke", limited.stderr.split()[0], "--url", hub.url, PILOTHOUSE_TOKEN=admin)

    assert "grants nothing" in limited.stderr
    assert "deploy  admin,fleet:read  -         active" in listed
    assert status(hub, limited.stdout.strip()) == 401


def test_mistakes_are_named(hub: Program, data: Path, tmp_path: Path) -> None:
    wrong = run("token", "create", "ci", "--scopes", "fleet:raed", "--data", data, code=2)
    nowhere = run("token", "list", "--data", tmp_path, code=2)

    assert "fleet:read" in wrong.stderr
    assert "there is no hub in" in nowhere.stderr
    assert not (tmp_path / "hub.db").exists()


def test_a_robot_is_invited_listed_shown_and_retired(hub: Program, tmp_path: Path) -> None:
    at = {"MD_HUB_AUTH_PASSWORD": PASSWORD}
    command = run("robot", "invite", "--robot-id", "arm", "--site", "Lab 2", "--tag", "left", "--url", hub.url, **at)
    *words, _ = [*command.stdout.split(), ""]
    assert words[:3] == ["pilothouse", "robot", "enroll"]

    run(*words[1:], "--data", tmp_path)

    listed = run("robot", "list", "--site", "Lab 2", "--url", hub.url, **at).stdout.splitlines()
    assert [line.split()[:2] for line in listed] == [["robot", "health"], ["arm", "unknown"]]
    assert "Lab 2" in run("robot", "show", "arm", "--url", hub.url, **at).stdout
    shown = json.loads(run("robot", "show", "arm", "--json", "--url", hub.url, **at).stdout)
    assert (shown["robot"]["site"], set(shown)) == ("Lab 2", {"robot", "health"})
    # Whichever of the two names somebody has set.
    known = json.loads(run("robot", "list", "--json", PILOTHOUSE_URL=hub.url, **at).stdout)
    assert [one["robot_id"] for one in known["items"]] == ["arm"]
    assert "retired" in run("robot", "retire", "arm", "--url", hub.url, **at).stdout
    assert len(run("robot", "list", "--url", hub.url, **at).stdout.splitlines()) == 1
    assert "arm" in run("robot", "list", "--retired", "--url", hub.url, **at).stdout
    assert "nobody" in run("robot", "show", "nobody", "--url", hub.url, code=4, **at).stderr
