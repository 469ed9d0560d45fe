"""A policy in a process of its own: as good as one that is not, and nothing it does is felt here."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pilothouse.guard.adapters import Elsewhere, PolicyAway, open_adapters
from pilothouse.guard.adapters.apart import PolicyProcess
from pilothouse.guard.guardrail import Unmappable
from pilothouse.guard.model import Action, Observation, Pose
from pilothouse.guard.problems import BadStackfile
from pilothouse.guard.stackfile import Stackfile, load, plugins
from tests.support.processes import eventually
from tests.support.stacks import TWO_JOINTS

HERE = Observation(1.0, (0.25, 0.5))
MODULE = """
import os, signal, sys, time
from pathlib import Path

import numpy as np
from pilothouse.guard.model import Action

DIRECTORY = Path(__file__).parent

def follow(observation, gain: float = 1.0):
    return [gain * one for one in observation.joint_positions]

def seen(observation):
    (DIRECTORY / "seen.txt").write_text(repr(observation))
    return observation.joint_positions

def odd(observation, what: str):
    return {
        "array": lambda: np.array([1.0, 2.0], dtype=np.float32),
        "mapping": lambda: {"b": 2, "a": 1, "gripper": 0.05},
        "own": lambda: Action(np.array([1.0, 2.0]), np.float64(0.05)),
        "nan": lambda: [float("nan"), float("inf")],
        "partial": lambda: {"a": 1},
        "nothing": lambda: None,
        "text": lambda: "left",
        "huge": lambda: Action((10**400, 0)),
        "raise": lambda: int("x"),
        "exit": lambda: sys.exit("enough"),
        "print": lambda: (print("\\x00garbage" * 1000), os.write(1, b"\\xff" * 5000), [1.0, 2.0])[2],
        "close": lambda: [os.close(fd) for fd in sockets()],
        "write": lambda: [os.write(fd, b"garbage, and more of it") for fd in sockets()],
        "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "end": lambda: os._exit(3),
    }[what]()

def sockets():
    import stat
    files = [fd for fd in range(3, 50) if os.path.islink(f"/proc/self/fd/{fd}")]
    return [fd for fd in files if stat.S_ISSOCK(os.fstat(fd).st_mode)]

class Learned:
    def __init__(self, bias: float):
        self.bias, self.log = bias, DIRECTORY / "learned.log"
        self.note("made")
    def note(self, word):
        with self.log.open("a") as file:
            file.write(word + "\\n")
    def predict(self, observation):
        return [one + self.bias for one in observation.joint_positions]
    def reset(self):
        self.note("reset")
    def stop(self):
        self.note("stopped")

class Once:
    def __init__(self):
        marks = DIRECTORY / "made"
        marks.mkdir(exist_ok=True)
        (marks / str(time.monotonic_ns())).touch()
        self.number = len(list(marks.iterdir()))
    def predict(self, observation):
        if self.number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return [self.number, 0.0]

class Broken:
    def __init__(self):
        raise RuntimeError("no weights")
    def predict(self, observation): ...

def keep(observation):
    import ctypes
    (DIRECTORY / "keeping").touch()
    ctypes.PyDLL(None).sleep(600)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "policy_of_a_test.py").write_text(MODULE)
    return tmp_path


def stack(place: Path, function: str, parameters: dict[str, Any] | None = None, **settings: Any) -> Stackfile:
    policy = {"type": "python", "function": f"policy_of_a_test:{function}", "parameters": parameters or {}, **settings}
    return load({**yaml.safe_load(TWO_JOINTS), "policy": policy}, directory=place)


Make = Callable[..., PolicyProcess]


@pytest.fixture
def make(place: Path) -> Iterator[Make]:
    """Policies of the module above, that are gone at the end."""
    made: list[PolicyProcess] = []

    def one(function: str, parameters: dict[str, Any] | None = None, **settings: Any) -> PolicyProcess:
        policy = open_adapters(stack(place, function, parameters, **settings)).policy
        assert isinstance(policy, PolicyProcess)
        made.append(policy)
        return policy

    yield one
    for policy in made:
        policy.stop()


def ready(policy: PolicyProcess) -> PolicyProcess:
    policy.reset()
    return policy


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_acts_as_one_that_is_here_and_its_module_is_not_imported_here(make: Make) -> None:
    policy = ready(make("follow", {"gain": 2}))

    assert policy.predict(HERE) == Action((0.5, 1.0))
    assert policy.pid not in (None, os.getpid())
    assert "policy_of_a_test" not in sys.modules


def test_everything_that_is_observed_arrives(make: Make, place: Path) -> None:
    whole = Observation(
        1.5, (0.1, 0.2), (0.3, 0.4), Pose((1.0, 2.0, 3.0)), ((1.0, 0.0),) * 6, 0.05, {"n": math.inf}, (1.0,),
        {"top": b"\xff\xd8" * 200_000},
    )  # fmt: skip

    ready(make("seen")).predict(whole)

    assert (place / "seen.txt").read_text() == repr(whole)


@pytest.mark.parametrize(("what", "action"), [
    ("array", Action((1.0, 2.0))), ("mapping", Action((1.0, 2.0), 0.05)), ("own", Action((1.0, 2.0), 0.05)),
    ("print", Action((1.0, 2.0))),
])  # fmt: skip
def test_whatever_is_an_action_is_one(make: Make, what: str, action: Action) -> None:
    assert ready(make("odd", {"what": what})).predict(HERE) == action


def test_what_is_not_finite_stays_so_and_is_the_guards_to_judge(make: Make) -> None:
    first, second = ready(make("odd", {"what": "nan"})).predict(HERE).joint_positions

    assert math.isnan(first)
    assert second == math.inf


@pytest.mark.parametrize(("what", "said"), [
    ("partial", "the action lacks b"), ("nothing", "NoneType"), ("text", "str"), ("huge", "OverflowError"),
])  # fmt: skip
def test_what_is_no_action_is_refused_with_the_reason_and_the_policy_lives_on(make: Make, what: str, said: str) -> None:
    policy = ready(make("odd", {"what": what}))

    for _ in range(2):
        with pytest.raises(Unmappable, match=said):
            policy.predict(HERE)
    assert policy.restarts == 0


@pytest.mark.parametrize(("what", "said"), [
    ("raise", "^ValueError: invalid literal for int"), ("exit", "^SystemExit: enough"),
])  # fmt: skip
def test_exceptions_come_with_their_text(make: Make, what: str, said: str) -> None:
    policy = ready(make("odd", {"what": what}))

    with pytest.raises(Elsewhere, match=said):
        policy.predict(HERE)


@pytest.mark.parametrize(("what", "said"), [
    ("kill", "SIGKILL"), ("end", "code 3"), ("close", ""), ("write", "no sense"),
])  # fmt: skip
def test_one_that_ends_or_says_what_makes_no_sense_has_failed_and_the_next_reset_begins_it_again(
    make: Make, what: str, said: str
) -> None:
    policy = ready(make("odd", {"what": what}))
    before = policy.pid

    with pytest.raises(Elsewhere, match=f"^PolicyProcessEnded: .*{said}"):
        policy.predict(HERE)
    with pytest.raises(Elsewhere):
        policy.predict(HERE)
    policy.reset()

    assert policy.pid != before
    assert policy.restarts == 1


def test_one_that_may_come_back_is_away_until_it_does(make: Make) -> None:
    policy = ready(make("Once", restarts=1))

    with pytest.raises(PolicyAway, match="SIGKILL"):
        policy.predict(HERE)

    def said() -> Action | None:
        try:
            return policy.predict(HERE)
        except PolicyAway:
            return None

    assert eventually(said) == Action((2.0, 0.0))
    assert policy.restarts == 1


def test_one_that_ends_too_often_has_failed(make: Make) -> None:
    policy = ready(make("odd", {"what": "end"}, restarts=2))
    heard: list[Exception] = []

    def failed() -> bool:
        try:
            policy.predict(HERE)
        except (PolicyAway, Elsewhere) as error:
            heard.append(error)
        return isinstance(heard[-1], Elsewhere)

    eventually(failed)
    assert policy.restarts == 2
    assert sum("code 3" in str(one) for one in heard) == 3


def test_a_class_is_made_once_reset_for_each_task_and_stopped(make: Make, place: Path) -> None:
    policy = make("Learned", {"bias": 0.5})
    policy.start()
    for _ in range(2):
        policy.reset()
        assert policy.predict(HERE) == Action((0.75, 1.0))
    pid = policy.pid
    assert pid is not None

    policy.stop()

    assert (place / "learned.log").read_text().split() == ["made", "reset", "reset", "stopped"]
    assert is_gone(pid)
    with pytest.raises(Elsewhere):
        policy.reset()


def test_one_that_cannot_be_made_says_why_each_time(make: Make) -> None:
    policy = make("Broken")

    for _ in range(2):
        with pytest.raises(Elsewhere, match=r"^RuntimeError: no weights"):
            policy.reset()


def test_one_that_keeps_the_interpreter_is_killed_and_a_reset_begins_another(make: Make, place: Path) -> None:
    policy = ready(make("keep", restarts=3))
    pid, failures = policy.pid, []
    assert pid is not None

    def ask() -> None:
        try:
            policy.predict(HERE)
        except Elsewhere as error:
            failures.append(str(error))

    asking = threading.Thread(target=ask)
    asking.start()
    eventually((place / "keeping").exists)

    policy.kill()

    asking.join(20)
    assert failures == ["PolicyProcessEnded: it was ended by SIGKILL"]
    eventually(lambda: is_gone(pid))
    policy.reset()
    assert policy.pid != pid


def test_it_does_not_outlive_a_guard_that_is_killed_even_while_it_keeps_the_interpreter(place: Path) -> None:
    guard = f"""
import sys, threading
sys.path.append({str(Path(__file__).parents[3])!r})
from pathlib import Path
from tests.guard.adapters.test_apart import HERE, stack
from pilothouse.guard.adapters import open_adapters
policy = open_adapters(stack(Path({str(place)!r}), "keep")).policy
policy.reset()
print(policy.pid, flush=True)
policy.predict(HERE)
"""
    process = subprocess.Popen([sys.executable, "-c", guard], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        pid = int(process.stdout.readline())
    eventually((place / "keeping").exists)

    process.send_signal(signal.SIGKILL)
    process.wait(20)

    eventually(lambda: is_gone(pid), deadline_s=20)


def test_the_guard_does_not_import_what_it_does_not_run_and_yet_checks_it(place: Path) -> None:
    for function, parameters, said in (
        ("folow", {}, r"policy\.function: 'policy_of_a_test' has no 'folow'; did you mean 'follow'"),
        ("follow", {"gian": 1}, r"policy\.parameters\.gian: unknown parameter; did you mean 'gain'"),
        ("Learned", {}, r"policy\.function: the parameter 'bias' is missing"),
    ):
        with pytest.raises(BadStackfile, match=said):
            stack(place, function, parameters)
    (place / "policy_of_a_test.py").write_text("import os\nos._exit(7)\n")
    with pytest.raises(BadStackfile, match=r"policy: importing it ends the process \(7\)"):
        stack(place, "follow")
    assert "policy_of_a_test" not in sys.modules


@pytest.mark.parametrize("settings", [{"process": "mine"}, {"restarts": -1}, {"restarts": 1001}, {"proces": "own"}])
def test_its_settings_are_checked(place: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(BadStackfile):
        stack(place, "follow", **settings)


PACKAGE = """
import os
def policy(robot, *, gain: float):
    class Policy:
        def predict(self, observation):
            return {name: gain for name in robot.joint_names}
        def reset(self): ...
    return Policy()
"""


def test_a_policy_of_a_package_has_a_process_of_its_own_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "acme_policy.py").write_text(PACKAGE)
    facts = place / "acme_policy-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-policy\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[pilothouse.guard.policies]\nacme = acme_policy:policy\n")
    monkeypatch.syspath_prepend(place)
    plugins.installed.cache_clear()
    content = yaml.safe_load(TWO_JOINTS)
    try:
        with pytest.raises(BadStackfile, match=r"policy\.gian: unknown key; did you mean 'gain'"):
            load({**content, "policy": {"type": "acme", "gian": 0.5}}, directory=place)
        policy = open_adapters(load({**content, "policy": {"type": "acme", "gain": 0.5}}, directory=place)).policy
    finally:
        plugins.installed.cache_clear()
    assert isinstance(policy, PolicyProcess)
    policy.reset()

    assert policy.predict(HERE) == Action((0.5, 0.5))
    assert "acme_policy" not in sys.modules
    policy.stop()
