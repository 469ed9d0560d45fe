"""A command at a commit, its log while it comes and when one comes back, what it left, and what it may not become."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.labs import git, write_repository
from tests.support.processes import eventually, pilothouse
from tests.support.visitors import Hub, serious_findings, tab_to
from tests.ui.conftest import Visit

pytestmark = pytest.mark.timeout(300)

WATCH = r"""
import sys
print("\x1b[32mready\x1b[0m <img src=x onerror=alert(1)>", flush=True)
print("speak up", file=sys.stderr, flush=True)
said = sys.stdin.readline().strip()
print(f"heard {said}", flush=True)
print("FAILED test_brake.py::test_the_last_window", flush=True)
sys.exit(3)
"""
REPORT = r"""
import pathlib
pathlib.Path("junit.xml").write_text('''<testsuite name="brake"><testcase classname="b" name="stops" time="0.3"/>
<testcase classname="b" name="last &lt;b&gt;window"><failure message="9.4 &gt; 9">assert 9.4</failure></testcase>
</testsuite>''')
pathlib.Path("plot.svg").write_text('''<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"
onload="parent.document.title='taken over'"><rect width="9" height="9"/></svg>''')
"""
LONG = 'import sys\nfor one in range(200_000): print(f"line {one}")\nprint("ValueError: far down")\nsys.exit(1)\n'
SCRIPTS = {"watch.py": WATCH, "report.py": REPORT, "long.py": LONG}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub with a repository, and nothing else."""
    directory = tmp_path_factory.mktemp("lab")
    origin, data = directory / "origin", directory / "data"
    write_repository(origin)
    _commit(origin, SCRIPTS)
    command = ("hub", "--host", "127.0.0.1", "--port", "0", "--data", data)
    with (
        pilothouse(*command, env={"PILOTHOUSE_LAB_GIT_PROTOCOLS": "file,https,ssh"}) as program,
        closing(Hub(program.url, data)) as hub,
    ):
        hub.call("POST", "/repository/init", json={"name": "brake", "remote_url": f"file://{origin}"})
        yield hub


def _commit(origin: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (origin / name).write_text(content)
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", "scripts")


def session(lab: Hub, *argv: str, **more: Any) -> dict[str, Any]:
    """A session whose one command is over."""
    made: dict[str, Any] = lab.call(
        "POST", "/sessions", json={"repository": "brake", "commands": [{"argv": list(argv)}], **more}
    )
    path = f"/sessions/{made['id']}/commands/{made['commands'][0]['id']}"
    eventually(lambda: lab.call("GET", path)["state"] not in ("queued", "running"), what="the end of the command")
    return made


def log(page: Page) -> Any:
    return page.get_by_role("region", name="Output")


def test_a_person_runs_a_command_answers_it_and_reads_its_log_to_the_failure(lab: Hub, visit: Visit) -> None:
    page = visit(at=lab).page("/lab/new?repository=brake&label=night")
    page.get_by_label("Commands").fill("cat hello.py")
    page.get_by_role("button", name="Make the session").click()
    expect(log(page)).to_contain_text("print('hello')")

    page.get_by_label("Keep its standard input open").check(force=True)
    page.get_by_label("Command", exact=True).fill("python3 -u watch.py")
    page.keyboard.press("Enter")
    # What it wrote is there while it runs, as text, in its colours.
    expect(log(page)).to_contain_text("ready <img src=x onerror=alert(1)>")
    expect(log(page).get_by_label("Line 2, standard error")).to_be_visible()
    page.get_by_label("A line for its standard input").fill("the answer")
    page.keyboard.press("Enter")
    expect(log(page)).to_contain_text("heard the answer")
    expect(page.get_by_text("exit 3").first).to_be_visible()

    page.get_by_role("button", name="Failure 1").click()
    expect(page).to_have_url(re.compile(r"line=4"))
    assert serious_findings(page) == []


def test_a_command_is_run_and_its_failure_found_with_the_keyboard_alone(lab: Hub, visit: Visit) -> None:
    made = session(lab, "true")
    page = visit(at=lab).page("/lab?all=true")
    tab_to(page, page.locator(f"a[href*='{made['id']}']").first)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Command", exact=True))
    page.keyboard.type("sh -c 'echo fine; echo ValueError; exit 2'")
    page.keyboard.press("Enter")
    expect(page.get_by_text("exit 2").first).to_be_visible()

    tab_to(page, page.get_by_role("button", name="Failure 1"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("line=2"))


def test_a_log_can_be_left_found_again_searched_and_linked_to_by_its_line(lab: Hub, visit: Visit) -> None:
    made = session(lab, "python3", "long.py", labels=["long"])
    visitor = visit(at=lab)
    page = visitor.page("/lab?all=true&label=long")
    page.get_by_role("link", name=re.compile("^brake @")).click()
    expect(page.get_by_text("200 001 lines")).to_be_visible()
    expect(page.locator("[data-line]")).not_to_have_count(0)
    assert page.locator("[data-line]").count() < 200

    page.get_by_label("Find in the log").fill("line 123456")
    expect(page.get_by_role("status").filter(has_text=re.compile("^1$"))).to_be_visible()
    page.get_by_label("Find in the log").press("Enter")
    expect(log(page).locator("mark")).to_have_text("line 123456")
    expect(page).to_have_url(re.compile(r"line=123457"))

    again = visitor.page(f"/lab/{made['id']}?line=123457")
    expect(log(again).locator("[data-line='123457']")).to_contain_text("line 123456")
    expect(again.get_by_role("button", name="Failure 1")).to_be_visible()
    again.keyboard.press("f")
    expect(log(again).get_by_text("ValueError: far down")).to_be_in_viewport()

    # Its end, and where somebody rested while reading, can be shown to others too.
    page.get_by_role("button", name="End", exact=True).last.click()
    expect(page).to_have_url(re.compile("follow=true"))
    again.goto(page.url)
    expect(log(again).locator("[data-line='200001']")).to_be_visible()
    log(again).hover()
    again.mouse.wheel(0, -400)
    expect(again).to_have_url(re.compile(r"at=\d"))


def test_a_log_goes_on_where_it_was_when_its_connection_is_lost(lab: Hub, visit: Visit) -> None:
    command = {"argv": ["python3", "-u", "watch.py"], "interactive": True}
    made = lab.call("POST", "/sessions", json={"repository": "brake", "commands": [command]})
    visitor = visit(at=lab)
    sockets: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    visitor.context.route_web_socket(re.compile("/logs"), through)
    page = visitor.page(f"/lab/{made['id']}")
    expect(log(page)).to_contain_text("speak up")
    sockets[-1].close(code=1001)
    path = f"/sessions/{made['id']}/commands/{made['commands'][0]['id']}"
    lab.call("POST", f"{path}/stdin", json={"text": "while you were away\n"})

    expect(log(page)).to_contain_text("heard while you were away")
    expect(page.get_by_text("exit 3").first).to_be_visible()
    expect(log(page).locator("[data-line]")).to_have_count(4)
    assert "from=0" in sockets[0].url
    assert "from=0" not in sockets[-1].url


def test_artifacts_are_shown_as_what_they_are_and_never_as_pages(lab: Hub, visit: Visit) -> None:
    made = session(lab, "python3", "report.py", artifacts=["*.xml", "*.svg"])
    page = visit(at=lab).page(f"/lab/{made['id']}?tab=artifacts")

    tests = page.get_by_role("table", name="Tests")
    expect(tests).to_contain_text("last <b>window")
    expect(tests).to_contain_text("9.4 > 9")
    expect(page.get_by_text("2 tests: 1 passed, 1 failed")).to_be_visible()
    expect(tests).to_contain_text("assert 9.4")
    tests.get_by_role("button", name="9.4 > 9").click()
    expect(page).to_have_url(re.compile("turned="))
    page = visit(at=lab).page(page.url)
    tests = page.get_by_role("table", name="Tests")
    expect(tests.get_by_role("button", name="9.4 > 9")).to_have_attribute("aria-expanded", "false")
    expect(tests).not_to_contain_text("assert 9.4")
    page.get_by_role("button", name=re.compile("plot.svg")).click()
    expect(page.get_by_role("img", name="plot.svg")).to_be_visible()
    page.go_back()
    expect(tests).to_be_visible()
    page.get_by_role("button", name=re.compile("plot.svg")).click()
    expect(page.get_by_role("img", name="plot.svg")).to_be_visible()
    expect(page).to_have_title(re.compile("Pilothouse"))
    with page.expect_download() as loading:
        page.get_by_role("link", name="Download junit.xml").click()
    assert "last" in loading.value.path().read_text()
    assert serious_findings(page) == []


def test_a_session_that_cannot_be_prepared_says_why_and_a_patch_is_shown_as_it_was_sent(lab: Hub, visit: Visit) -> None:
    patch = "--- a/limit.txt\n+++ b/limit.txt\n@@ -1,3 +1,3 @@\n 1\n 2\n-3\n+<b>4</b>\n"
    patched = session(lab, "cat", "limit.txt", patch=patch)
    lost = lab.call("POST", "/sessions", json={"repository": "brake", "commit_sha": "abcdef12"})
    visitor = visit(at=lab)

    page = visitor.page(f"/lab/{patched['id']}?tab=about")
    expect(page.get_by_text("+<b>4</b>")).to_be_visible()
    expect(page.get_by_text(patched["patch_hash"]).first).to_be_visible()
    expect(page.get_by_text("writing the files")).to_be_visible()

    other = visitor.page(f"/lab/{lost['id']}")
    expect(other.get_by_text("abcdef12").first).to_be_visible()
    expect(other.get_by_text("failed", exact=True)).to_be_visible()


def test_a_batch_shows_how_each_commit_came_out(lab: Hub, visit: Visit) -> None:
    made = lab.call("GET", "/sessions", params={"all": "true"})["items"]
    commit = next(one["commit_sha"] for one in made if one["state"] == "active")
    page = visit(at=lab).page("/lab/batches/new?repository=brake")
    page.get_by_label("Name", exact=True).fill("Does it stop?")
    for one in (commit, commit[:12]):
        page.get_by_role("combobox", name="at each of these commits").fill(one)
        page.keyboard.press("Enter")
    page.get_by_label("Commands").fill("python3 -c 'raise SystemExit(4)'")
    page.get_by_role("button", name="Make 2 sessions").click()

    expect(page.get_by_role("heading", name="Does it stop?")).to_be_visible()
    expect(page.get_by_text("0 of 2 went well, 2 did not")).to_be_visible()
    page.get_by_role("link", name="exit 4").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("brake @")


def test_repositories_and_their_secrets_are_kept_and_secrets_never_shown(lab: Hub, visit: Visit) -> None:
    page = visit(at=lab).page("/lab/repositories")
    page.get_by_role("link", name="Add a repository").click()
    page.get_by_label("Name").fill("arm")
    page.get_by_label("Address").fill("https://git.example/arm.git")
    page.get_by_role("button", name="Add", exact=True).click()
    row = page.get_by_role("row").filter(has_text="https://git.example/arm.git")
    row.get_by_role("link", name="none").click()
    page.get_by_label("Name").fill("API_KEY")
    page.get_by_label("Value").fill("hunter2")
    page.get_by_role("button", name="Keep").click()

    expect(page.get_by_role("dialog").get_by_text("API_KEY", exact=True)).to_be_visible()
    assert "hunter2" not in lab.operator.get("/repository/arm").text
    assert lab.call("GET", "/repository/arm")["secrets"] == ["API_KEY"]


def test_running_a_command_that_hangs_can_be_ended(lab: Hub, visit: Visit) -> None:
    made = lab.call("POST", "/sessions", json={"repository": "brake", "commands": [{"argv": ["sleep", "600"]}]})
    page = visit(at=lab).page(f"/lab/{made['id']}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("cancelled").first).to_be_visible()
    page.get_by_role("button", name="End", exact=True).first.click()
    page.get_by_role("dialog").get_by_role("button", name="End").click()

    expect(page.get_by_role("button", name="Live longer")).to_have_count(0)
    path = f"/sessions/{made['id']}"
    eventually(lambda: lab.call("GET", path)["state"] == "cancelled", what="the end of the session")
