"""Mirrors: made once, fetched only for what is missing, by programs that nobody else chose."""

from __future__ import annotations

import asyncio
import base64
import http.server
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pilothouse.kit.clock import SystemClock
from pilothouse.workspaces import FetchLimits, Repositories, Repository
from pilothouse.workspaces.problems import (
    CredentialsInUrl,
    NotARevision,
    ProtocolNotAllowed,
    RemoteUnreachable,
    RepositoryTooLarge,
    UnknownCommit,
    UnknownRef,
)
from tests.support.repositories import Upstream, git

pytestmark = pytest.mark.anyio
SECRET = "s3cret-of-the-remote"


async def test_commits_branches_and_tags_are_resolved(
    upstream: Upstream, repository: Repository, repositories: Repositories
) -> None:
    first = upstream.commit({"a": "1"})
    git(upstream.place, "tag", "-a", "v1", "-m", "One")
    second = upstream.commit({"a": "2"})

    assert await repositories.resolve(repository, first) == first
    assert await repositories.resolve(repository, first[:7]) == first
    assert await repositories.resolve(repository, first.upper()) == first
    assert await repositories.resolve(repository, "v1") == first
    assert await repositories.resolve(repository, "refs/tags/v1") == first
    assert await repositories.resolve(repository, "main") == second
    assert await repositories.resolve(repository, "") == second


async def test_a_branch_is_as_new_as_the_question(
    upstream: Upstream, repository: Repository, repositories: Repositories
) -> None:
    upstream.commit({"a": "1"})
    await repositories.resolve(repository, "main")

    newer = upstream.commit({"a": "2"})

    assert await repositories.resolve(repository, "main") == newer


async def test_a_commit_that_is_here_is_not_fetched(
    upstream: Upstream, repository: Repository, repositories: Repositories, tmp_path: Path
) -> None:
    commit = upstream.commit({"a": "1"})
    await repositories.resolve(repository, "main")

    upstream.place.rename(tmp_path / "gone")

    assert await repositories.resolve(repository, commit) == commit
    afresh = Repositories(tmp_path / "mirrors", clock=SystemClock(), protocols=("file",))
    assert await afresh.resolve(repository, commit) == commit
    with pytest.raises(RemoteUnreachable):
        await repositories.resolve(repository, "main")


async def test_a_commit_that_no_branch_leads_to_any_more_is_still_found(
    upstream: Upstream, repository: Repository, repositories: Repositories
) -> None:
    upstream.commit({"a": "1"})
    await repositories.resolve(repository, "main")
    lost = upstream.commit({"a": "2"})
    git(upstream.place, "reset", "--hard", "--quiet", "HEAD~1")
    git(upstream.place, "config", "uploadpack.allowAnySHA1InWant", "true")

    assert await repositories.resolve(repository, lost) == lost


async def test_a_branch_named_after_a_commit_does_not_stand_for_it(
    upstream: Upstream, repository: Repository, repositories: Repositories
) -> None:
    commit = upstream.commit({"a": "1"})
    upstream.commit({"a": "2"})
    for name in (commit, "f" * 40):
        git(upstream.place, "update-ref", f"refs/heads/{name}", "HEAD")

    assert await repositories.resolve(repository, commit) == commit
    with pytest.raises(UnknownCommit):
        await repositories.resolve(repository, "f" * 40)


@pytest.mark.parametrize("revision", ["0" * 40, "dead" * 10, "abcdef1"])
async def test_what_nobody_has_is_unknown(
    revision: str, upstream: Upstream, repository: Repository, repositories: Repositories
) -> None:
    upstream.commit({"a": "1"})

    with pytest.raises(UnknownCommit):
        await repositories.resolve(repository, revision)
    with pytest.raises(UnknownRef):
        await repositories.resolve(repository, "no-such-branch")


@pytest.mark.parametrize(
    "revision",
    [
        "--upload-pack=touch${IFS}owned;aaaaaaaaaa",
        "--output=/tmp/aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "-" * 40,
        "main~1",
        "main^{tree}",
        "HEAD@{1}",
        ":/fix",
        "a..b",
        "x" * 300,
        "a b",
        "\0",
        "refs/heads/",
        "main.lock",
    ],
)
async def test_a_revision_that_is_an_option_or_an_expression_is_harmless(
    revision: str, repository: Repository, repositories: Repositories, tmp_path: Path
) -> None:
    with pytest.raises(NotARevision):
        await repositories.resolve(repository, revision)

    assert not (tmp_path / "mirrors").exists()


async def test_many_who_ask_for_the_same_share_a_fetch(
    upstream: Upstream, repository: Repository, repositories: Repositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.commit({"a": "1"})
    await repositories.resolve(repository, "main")
    commit = upstream.commit({"a": "2"})
    fetches: list[str] = []
    run = repositories._git.run

    async def counted(*words: str, **options: object) -> object:
        fetches.extend(word for word in words[:1] if word in ("fetch", "clone"))
        return await run(*words, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(repositories._git, "run", counted)
    found = await asyncio.gather(*(repositories.resolve(repository, commit) for _ in range(20)))

    assert found == [commit] * 20
    assert fetches == ["fetch"]


async def test_two_processes_that_make_the_same_mirror_do_not_disturb_each_other(
    upstream: Upstream, repository: Repository, tmp_path: Path
) -> None:
    commit = upstream.commit({"a": "1"})
    apart = [Repositories(tmp_path / "mirrors", clock=SystemClock(), protocols=("file",)) for _ in range(6)]

    assert await asyncio.gather(*(one.resolve(repository, commit) for one in apart)) == [commit] * 6


async def test_only_named_protocols_are_spoken(upstream: Upstream, repository: Repository, tmp_path: Path) -> None:
    commit = upstream.commit({"a": "1"})
    usual = Repositories(tmp_path / "mirrors", clock=SystemClock())

    with pytest.raises(ProtocolNotAllowed):
        await usual.resolve(repository, commit)
    with pytest.raises(CredentialsInUrl):
        await usual.resolve(Repository("demo", f"https://me:{SECRET}@localhost/x"), commit)
    # Had the check been passed by, git itself would refuse.
    said = await usual._git.run("ls-remote", "--", upstream.url)
    assert "not allowed" in said.message
    said = await usual._git.run("ls-remote", "--", f"ext::sh -c touch% {tmp_path}/owned")
    assert "not allowed" in said.message
    assert not (tmp_path / "owned").exists()


async def test_a_fetch_is_bounded_in_size_and_time(upstream: Upstream, repository: Repository, tmp_path: Path) -> None:
    upstream.commit({"large": os.urandom(3_000_000)})

    def limited(limits: FetchLimits) -> Repositories:
        return Repositories(tmp_path / "mirrors", clock=SystemClock(), protocols=("file",), limits=limits)

    with pytest.raises(RepositoryTooLarge):
        await limited(FetchLimits(size_mb=1)).resolve(repository, "main")
    with pytest.raises(RemoteUnreachable, match="more than 0"):
        await limited(FetchLimits(fetch_s=0.001)).resolve(repository, "main")
    assert [one.name for one in (tmp_path / "mirrors").iterdir() if not one.name.endswith(".lock")] == []


class Remote(http.server.SimpleHTTPRequestHandler):
    """A repository behind a password, over plain HTTP."""

    seen: list[str]
    elsewhere: str | None

    def do_GET(self) -> None:
        type(self).seen.append(self.headers.get("Authorization", ""))
        if self.elsewhere:
            self.send_response(302)
            self.send_header("Location", self.elsewhere + self.path)
            self.end_headers()
        elif not self.headers.get("Authorization"):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_about: object) -> None:
        pass


@contextmanager
def serving(directory: Path, elsewhere: str | None = None) -> Iterator[tuple[int, type[Remote]]]:
    handler = type("Served", (Remote,), {"seen": [], "elsewhere": elsewhere})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0),
        lambda *about: handler(*about, directory=str(directory)),
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, handler
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


async def test_credentials_reach_the_remote_and_nothing_else(
    upstream: Upstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = upstream.commit({"a": "1"})
    git(upstream.place, "update-server-info")
    with serving(upstream.place / ".git") as (port, remote):
        repository = Repository("demo", f"http://127.0.0.1:{port}/.")
        held = {repository.remote_url: ("reader", f"{SECRET}/")}
        repositories = Repositories(
            tmp_path / "mirrors", clock=SystemClock(), protocols=("http",), credentials=held.get
        )
        assert await repositories.resolve(repository, commit) == commit

    expected = "Basic " + base64.b64encode(f"reader:{SECRET}/".encode()).decode()
    assert expected in remote.seen
    kept = b"".join(path.read_bytes() for path in (tmp_path / "mirrors").rglob("*") if path.is_file())
    assert SECRET.encode() not in kept
    assert SECRET not in "".join(capsys.readouterr())


async def test_a_redirect_is_not_followed(upstream: Upstream, tmp_path: Path) -> None:
    commit = upstream.commit({"a": "1"})
    git(upstream.place, "update-server-info")
    with (
        serving(upstream.place / ".git") as (inner, hidden),
        serving(tmp_path, f"http://127.0.0.1:{inner}") as (port, _),
    ):
        repositories = Repositories(tmp_path / "mirrors", clock=SystemClock(), protocols=("http",))
        with pytest.raises(RemoteUnreachable):
            await repositories.resolve(Repository("demo", f"http://127.0.0.1:{port}/x"), commit)

    assert hidden.seen == []


async def test_the_users_own_configuration_decides_nothing(
    upstream: Upstream,
    repository: Repository,
    repositories: Repositories,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commit = upstream.commit({"a": "1"})
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f'[url "ext::sh -c touch% {tmp_path}/owned "]\n\tinsteadOf = file://\n')
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"touch {tmp_path}/owned")
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "owned"))

    repositories = Repositories(tmp_path / "mirrors", clock=SystemClock(), protocols=("file",))
    assert await repositories.resolve(Repository("demo", upstream.url), commit) == commit
    assert not (tmp_path / "owned").exists()
