"""Set-ups from a registry of one's own, as in a company: where it is and who asks are settings, and stay secret."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.labs import git, running_lab, write_repository
from tests.support.packages import node_package, wheel

PASSWORD = "word-of-the-registry"
WHEEL = "roverwords-1.0-py3-none-any.whl"
PYTHON = ["python3", "-c", "import roverwords; print(roverwords.WORD)"]
NODE = ["node", "-e", "console.log(require('roverwords'))"]


class Registry(BaseHTTPRequestHandler):
    """Enough of PyPI's and of npm's for one package each."""

    def do_GET(self) -> None:
        about = {"name": "roverwords", "version": "1.0.0", "dist": {"tarball": f"{self.server.url}/roverwords.tgz"}}  # type: ignore[attr-defined]
        pages = {
            "/simple/roverwords/": ("text/html", f'<a href="/{WHEEL}">{WHEEL}</a>'.encode()),
            f"/{WHEEL}": ("application/zip", wheel("roverwords", "from the index")),
            "/roverwords": ("application/json", json.dumps(
                {"name": "roverwords", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": about}}).encode()),
            "/roverwords.tgz": ("application/gzip", node_package("roverwords", "from the registry")),
        }  # fmt: skip
        kind, content = pages.get(self.path, ("text/plain", b""))
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: object) -> None:
        pass


@contextmanager
def registry() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        port = server.server_address[1]
        server.url = f"http://127.0.0.1:{port}"  # type: ignore[attr-defined]
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield port
        server.shutdown()
        serving.join()


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="the sandbox has /usr's Python, and there is none")
def test_packages_come_from_the_registry_that_the_settings_name(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    write_repository(origin)
    (origin / "requirements.txt").write_text("roverwords\n")
    if Path("/usr/bin/npm").exists():
        (origin / "package.json").write_text(
            '{"name": "rover", "version": "1.0.0", "dependencies": {"roverwords": "1"}}'
        )
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", "needs")
    (origin / "requirements.txt").write_text("is-not-there\n")
    git(origin, "commit", "-q", "-a", "-m", "needs too much")
    with registry() as port:
        settings = {
            "PILOTHOUSE_LAB_SETUP_ALLOW": f"127.0.0.1:{port}",
            "PILOTHOUSE_LAB_SETUP_VARIABLES": json.dumps({
                "PIP_INDEX_URL": f"http://me:{PASSWORD}@127.0.0.1:{port}/simple/",
                "NPM_CONFIG_REGISTRY": f"http://127.0.0.1:{port}/", "PASSWORD_ALONE": PASSWORD,
            }),
        }  # fmt: skip
        with running_lab(tmp_path, env=settings) as (hub, lab):
            known = {"name": "demo", "remote_url": f"file://{origin}", "setup": "auto"}
            lab.http.post("/repository/init", json=known).raise_for_status()
            argvs = [PYTHON, *([NODE] if (origin / "package.json").exists() else []), ["sh", "-c", "env"]]
            wanted = {"commit_sha": git(origin, "rev-parse", "HEAD~1"), "commands": [{"argv": one} for one in argvs]}
            made = lab.make(**wanted, end_when_done=True)
            over = lab.over(made["id"])
            failed = lab.over(lab.make(commit_sha=git(origin, "rev-parse", "HEAD"))["id"])
            said = [lab.output(one) for one in made["commands"]]
            logged = hub.stderr

        assert over["state"] == "completed", over["reason"]
        assert said[0] == b"from the index\n"
        assert said[1] == b"from the registry\n" or len(said) == 2
        assert PASSWORD.encode() not in said[-1]
        assert failed["reason_code"] == "setup_failed"
        assert "is-not-there" in failed["reason"]
        assert PASSWORD not in failed["reason"] + logged
