"""Try on this machine what the keeper would do, and print what works."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import replace

from pilothouse.sandbox.keeper import kernel, outward, seccomp
from pilothouse.sandbox.keeper.bubblewrap import INSIDE_UID
from pilothouse.sandbox.keeper.cgroups import Hierarchies
from pilothouse.sandbox.keeper.identities import Identities, can_own_uids, mappable
from pilothouse.sandbox.keeper.order import ISOLATED, LIMITED, NONE, Abilities

_PATH = "/usr/local/bin:/usr/bin:/bin"
_EPERM = 1
# What the sandbox must look like from inside: nobody's capabilities, no new privileges, a filter, pid 1 that is ours,
# no other processes and no file to write outside.
_INSIDE = """
set -e
exec 2>&1
fail() { echo "$1"; exit 1; }
while read -r name value; do
  case "$name" in
    CapInh:|CapPrm:|CapEff:|CapBnd:|CapAmb:) [ "$value" = 0000000000000000 ] || fail "capabilities are left" ;;
    NoNewPrivs:) [ "$value" = 1 ] || fail "new privileges can be had" ;;
    Seccomp:) [ "$value" = 2 ] || [ -n "$NO_FILTER" ] || fail "the system call filter is not there" ;;
    Uid:) case "$value" in 0*) fail "it runs as root" ;; esac ;;
  esac
done < /proc/self/status
[ ! -e /proc/$OUTSIDE_PID/status ] || [ "$OUTSIDE_PID" -lt 50 ] || fail "processes of the machine are in sight"
[ ! -e /root ] || fail "the machine's files are in sight"
( : > /usr/probe ) 2>/dev/null && fail "the machine's files can be written"
echo kept
"""


class Trial:
    """What was found, mechanism by mechanism."""

    def __init__(self) -> None:
        self.mechanisms: dict[str, tuple[bool, str]] = {}

    def note(self, name: str, attempt: Callable[[], str]) -> bool:
        """Run it in a child, so that nothing it does to itself stays; what it returns says how it went."""
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                outcome = [True, attempt()]
            except BaseException as problem:  # noqa: BLE001 - any reason is a reason
                outcome = [False, f"{problem}"]
            os.write(write, json.dumps(outcome).encode())
            os._exit(0)
        os.close(write)
        said = b""
        while piece := os.read(read, 65536):
            said += piece
        os.close(read)
        os.waitpid(pid, 0)
        works, how = json.loads(said) if said else (False, "the attempt died")
        self.mechanisms[name] = (works, how)
        return bool(works)

    def run(self) -> dict[str, object]:
        """Everything, in the order in which one needs the other."""
        own_uids = self.note("own uid", _own_uid)
        cgroups = Hierarchies.probe()
        self._note_cgroups(cgroups)
        self.note("seccomp", _seccomp)
        program = shutil.which("bwrap", path=_PATH) or ""
        base = Abilities(ISOLATED, own_uids, program, seccomp=self.mechanisms["seccomp"][0])
        self.note("no nested user namespaces", lambda: _isolated(base))
        abilities = replace(base, disable_userns=self.mechanisms["no nested user namespaces"][0])
        isolated = self.note("bubblewrap", lambda: _isolated(abilities) and program)
        isolated = isolated and self.mechanisms["seccomp"][0]
        if own_uids:
            self.note("files shown as another's", _idmapped)
        if isolated:
            self.note("no reach to other programs", lambda: _landlocked(abilities))
        if isolated:
            self.note("full network apart", lambda: _outward(abilities))
        listed = isolated and self.note("network allow-list", lambda: _own_network(abilities))
        modes = ["none", *(["allowlist"] if listed else []), "full"]
        level = ISOLATED if isolated else LIMITED if self.mechanisms["seccomp"][0] else NONE
        if level == NONE:
            modes = ["full"]
        return {"level": level, "mechanisms": self.mechanisms, "network": modes}

    def _note_cgroups(self, found: Hierarchies) -> None:
        self.mechanisms["cgroups"] = (bool(found.found), json.dumps(found.found) if found.found else _NO_CGROUPS)
        for controller in ("cpu", "memory", "pids"):
            works = found.has(controller)
            how = "a control group of its own" if works else _WITHOUT[controller]
            self.mechanisms[f"{controller} limit"] = (works, how)


_NO_CGROUPS = "no control group hierarchy can be written to; run as root, or under systemd with Delegate=yes"
_WITHOUT = {
    "cpu": "no cpu controller: the share of the processor is not limited",
    "memory": "no memory controller: each process is limited, not the whole command",
    "pids": "no pids controller: processes are counted by uid",
}


def _own_uid() -> str:
    if os.geteuid() != 0:
        if mappable(0) and os.getuid() != 0:
            return_user = os.geteuid()
            raise OSError(f"not root: commands run as uid {return_user}, apart by namespaces only")
        raise OSError("not root")
    if not can_own_uids():
        raise OSError("root in a user namespace without uids to give away")
    uid = Identities().take()
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    return "a uid of its own for each running command (on an overlay: for each session), out of a range of nobody"


def _seccomp() -> str:
    program = seccomp.assemble()
    if program is None:
        raise OSError(f"the system calls of {os.uname().machine} are not known here")
    kernel.filter_calls(program)
    try:
        kernel.unshare(kernel.CLONE_NEWUSER)
    except OSError as problem:
        if problem.errno == _EPERM:
            return f"{len(program) // 8} instructions"
    raise OSError("the filter was loaded and did not filter")


def _isolated(abilities: Abilities, network: tuple[str, ...] = ("--unshare-net",)) -> str:
    from pilothouse.sandbox.keeper import bubblewrap

    if not abilities.bubblewrap:
        raise OSError("bwrap is not installed (apt install bubblewrap)")
    filter_fd = os.memfd_create("seccomp")
    os.write(filter_fd, seccomp.assemble() or b"")
    os.lseek(filter_fd, 0, os.SEEK_SET)
    os.set_inheritable(filter_fd, True)
    read, write = os.pipe()
    outside = os.getpid()
    pid = os.fork()
    if pid == 0:
        if abilities.own_uids:
            uid = Identities().take()
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        os.dup2(write, 1)
        os.dup2(write, 2)
        line = [abilities.bubblewrap, *bubblewrap.namespace_arguments(abilities, own_network=False), *network]
        line += [*bubblewrap.system_arguments(), "--proc", "/proc", "--dev", "/dev"]
        line += ["--seccomp", str(filter_fd)] if abilities.seccomp else ["--setenv", "NO_FILTER", "1"]
        line += ["--setenv", "OUTSIDE_PID", str(outside), "--", "/bin/sh", "-c", _INSIDE]
        os.execv(abilities.bubblewrap, line)  # noqa: S606
    os.close(write)
    said = b""
    while piece := os.read(read, 65536):
        said += piece
    os.waitpid(pid, 0)
    last = said.decode(errors="replace").strip().rpartition("\n")[2]
    if last != "kept":
        raise OSError(last or "bwrap said nothing")
    return f"seen from inside: uid {INSIDE_UID}, no capabilities, no new privileges"


def _idmapped() -> str:
    uid = Identities().take()
    namespace = kernel.user_namespace(f"0 {uid} 1", f"0 {uid} 1")
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.make_mounts_private()
    kernel.set_mount(kernel.clone_mount("/var"), read_only=True, userns=namespace)
    return "workspaces need no change of owner where their file system allows it"


def _landlocked(abilities: Abilities) -> str:
    kernel.keep_to_itself()
    _isolated(abilities)
    return "abstract sockets and processes outside cannot be reached, even on the machine's own network"


def _own_network(abilities: Abilities) -> str:
    uid, gid = os.geteuid(), os.getegid()
    if abilities.own_uids:
        kernel.unshare(kernel.CLONE_NEWNET)
    else:
        kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNET)
        for name, content in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123
                file.write(content)
    kernel.raise_loopback()
    with socket.create_server(("127.0.0.1", 0)):
        _isolated(abilities, ())
    return "a network of its own whose only way out is the service's proxy"


def _outward(abilities: Abilities) -> str:
    program = shutil.which(outward.PROGRAM, path=_PATH)
    if program is None:
        raise OSError(f"{outward.PROGRAM} is not installed (apt install {outward.PROGRAM})")
    if not abilities.own_uids:
        raise OSError("it needs root")
    outward.leave_by(program)
    with open("/proc/net/route", encoding="ascii") as file:  # noqa: PTH123
        if not any(line.startswith("tap0\t00000000") for line in file):
            raise OSError("it leads nowhere")
    _isolated(abilities, ())
    return program


def main() -> None:
    """Print what was found as JSON."""
    print(json.dumps(Trial().run()))  # noqa: T201 - this is what it is started for
