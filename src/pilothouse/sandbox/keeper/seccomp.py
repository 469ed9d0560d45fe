"""A system call filter, assembled here: what commands have no business doing fails with EPERM.

The namespaces keep a command apart; the filter keeps it from those parts of the kernel where namespaces have failed.
"""

from __future__ import annotations

import errno
import platform
import struct

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000

# What no test, build or robot program needs, by its number on each architecture; None where it does not exist.
_DENIED: dict[str, tuple[int | None, int | None]] = {
    "_sysctl": (156, None),
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "uselib": (134, None),
    "ustat": (136, None),
    "vhangup": (153, 58),
}
# openat2 and clone3 take their flags from memory, where a filter cannot look; programs fall back on ENOSYS.
_ABSENT: dict[str, tuple[int | None, int | None]] = {"clone3": (435, 435), "openat2": (437, 437)}
_CLONE, _SOCKET, _IOCTL = (56, 220), (41, 198), (16, 29)
_NEW_NAMESPACES = 0x7E020000
# Terminal input in another's name, and the kernel's clipboard of the Linux console.
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
# UNIX, INET, INET6, NETLINK (which resolvers ask for addresses): vsock, packet, alg and the rest reach past a network
# namespace or into rarely walked kernel code.
FAMILIES = (1, 2, 10, 16)
_FAMILIES_WITHOUT_NETWORK = (1,)
# Files made inside belong on the host to the owner of the workspace; set-uid there would be set-uid for real.
_SET_ID_BITS = 0o6000
_MODE_ARGUMENT = {
    "chmod": ((90, None), 1),
    "fchmod": ((91, 52), 1),
    "fchmodat": ((268, 53), 2),
    "fchmodat2": ((452, 452), 2),
    "creat": ((85, None), 1),
    "open": ((2, None), 2),
    "openat": ((257, 56), 3),
    "mkdir": ((83, None), 1),
    "mkdirat": ((258, 34), 2),
    "mknod": ((133, None), 1),
    "mknodat": ((259, 33), 2),
}
_OPENS = {"open": 1, "openat": 2}
_O_CREAT_OR_TMPFILE = 0o100 | 0o20000000

_LD, _JEQ, _JSET, _JGE, _RET = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_REFUSED, _UNKNOWN, _NO_FAMILY = _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS, _ERRNO | errno.EAFNOSUPPORT


def _instruction(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("<HBBI", code, yes, no, value & 0xFFFFFFFF)


def _when(number: int, *body: bytes) -> bytes:
    """Instructions for one system call; every path through them returns or reloads nothing, so the next test works."""
    return _instruction(_JEQ, number, 0, len(body)) + b"".join(body)


def _argument(index: int) -> bytes:
    return _instruction(_LD, _ARGUMENTS + 8 * index)


_PASS = _instruction(_RET, _ALLOW)


def _refuse_bits(number: int, argument: int, bits: int) -> bytes:
    return _when(number, _argument(argument), _instruction(_JSET, bits, 0, 1), _instruction(_RET, _REFUSED), _PASS)


def _refuse_set_id_at_open(number: int, flags: int, mode: int) -> bytes:
    # Without O_CREAT the mode is whatever the register happens to hold.
    return _when(
        number,
        _argument(flags),
        _instruction(_JSET, _O_CREAT_OR_TMPFILE, 0, 3),
        _argument(mode),
        _instruction(_JSET, _SET_ID_BITS, 0, 1),
        _instruction(_RET, _REFUSED),
        _PASS,
    )


def _only_families(number: int, families: tuple[int, ...]) -> bytes:
    tests = [_instruction(_JEQ, one, len(families) - at, 0) for at, one in enumerate(families)]
    return _when(number, _argument(0), *tests, _instruction(_RET, _NO_FAMILY), _PASS)


def _refuse_ioctls(number: int) -> bytes:
    return _when(
        number,
        _argument(1),
        _instruction(_JEQ, _TIOCSTI, 1, 0),
        _instruction(_JEQ, _TIOCLINUX, 0, 1),
        _instruction(_RET, _REFUSED),
        _PASS,
    )


def _modes(column: int) -> bytes:
    program = b""
    for name, (numbers, argument) in _MODE_ARGUMENT.items():
        number = numbers[column]
        if number is None:
            continue
        if name in _OPENS:
            program += _refuse_set_id_at_open(number, _OPENS[name], argument)
        else:
            program += _refuse_bits(number, argument, _SET_ID_BITS)
    return program


def assemble(machine: str = "", *, network: bool = True) -> bytes | None:
    """The filter for this machine, or None where its system call numbers are not known here.

    Without `network` not even a socket of the internet families can be made, for where there is no namespace to keep
    them in.
    """
    machine = machine or platform.machine()
    if machine not in _AUDIT_ARCH:
        return None
    column = tuple(_AUDIT_ARCH).index(machine)
    unknown = _instruction(_RET, _UNKNOWN)
    program = _instruction(_LD, _ARCH) + _instruction(_JEQ, _AUDIT_ARCH[machine], 1, 0) + unknown
    program += _instruction(_LD, _NUMBER) + _instruction(_JGE, _X32_BIT, 0, 1) + unknown
    program += b"".join(_when(one[column] or 0, unknown) for one in _ABSENT.values())
    denied = (one[column] for one in _DENIED.values())
    program += b"".join(_when(one, _instruction(_RET, _REFUSED)) for one in denied if one is not None)
    program += _refuse_bits(_CLONE[column], 0, _NEW_NAMESPACES)
    program += _only_families(_SOCKET[column], FAMILIES if network else _FAMILIES_WITHOUT_NETWORK)
    program += _refuse_ioctls(_IOCTL[column]) + _modes(column)
    return program + _PASS
