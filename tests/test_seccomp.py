"""The filter of system calls, run by a small BPF machine of our own: for this processor and for the other."""

import errno
import struct

import pytest

from grader import seccomp

ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000
KERNEL_NAME = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
COLUMN = {"x86_64": 0, "aarch64": 1}
EXIT_GROUP, GETPID = (231, 94), (39, 172)


def run(machine: str, number: int, *arguments: int, kernel: int | None = None) -> str:
    """What the filter says of a system call."""
    data = struct.pack(
        "<IIQ6Q", number, kernel or KERNEL_NAME[machine], 0, *(*arguments, *[0] * (6 - len(arguments)))
    )
    code = list(struct.iter_unpack("=HBBI", seccomp.program(machine)))
    at = accumulator = 0
    while True:
        operation, jump_if, jump_else, value = code[at]
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif operation == 0x06:
            break
        else:
            test = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: accumulator & value}[
                operation
            ]
            at += jump_if if test else jump_else
    if value in (ALLOW, KILL):
        return {ALLOW: "allowed", KILL: "killed"}[value]
    assert value & 0xFFFF0000 == ERROR
    return errno.errorcode[value & 0xFFFF]


@pytest.fixture(params=sorted(KERNEL_NAME))
def machine(request):
    return request.param


def test_ordinary_calls_are_allowed(machine):
    for numbers in (EXIT_GROUP, GETPID):
        assert run(machine, numbers[COLUMN[machine]]) == "allowed"


def test_every_call_of_the_list_is_refused(machine):
    for numbers in seccomp.REFUSED.values():
        if numbers[COLUMN[machine]] is not None:
            assert run(machine, numbers[COLUMN[machine]], 1, 2, 3) == "EPERM"


def test_no_number_is_listed_twice(machine):
    numbers = [each[COLUMN[machine]] for each in seccomp.REFUSED.values()]
    known = [number for number in numbers if number is not None]
    assert len(set(known)) == len(known)


def test_another_architecture_is_killed(machine):
    assert run(machine, 1, kernel=0x40000003) == "killed"  # i386, whose numbers mean other calls
    assert run(machine, seccomp.X32 | 39) == "ENOSYS"


def test_only_oneself_can_be_changed(machine):
    for *numbers, argument in seccomp.ONLY_ONESELF.values():
        number = numbers[COLUMN[machine]]
        assert run(machine, number) == "allowed"
        assert run(machine, number, *[0] * argument, 1) == "EPERM"


def test_only_pairs_of_sockets_can_be_made(machine):
    assert run(machine, seccomp.SOCKET[COLUMN[machine]], 1, 1) == "EAFNOSUPPORT"
    assert run(machine, seccomp.SOCKETPAIR[COLUMN[machine]], 1, 1) == "allowed"
    assert run(machine, seccomp.SOCKETPAIR[COLUMN[machine]], 30, 1) == "EPERM"


def test_a_clone_may_not_be_in_new_namespaces(machine):
    clone = seccomp.CLONE[COLUMN[machine]]
    fork, thread, new_user = 17, 0x3D0F00, 0x10000000
    assert run(machine, clone, fork) == run(machine, clone, thread) == "allowed"
    for bit in (0x20000, *(1 << number for number in range(25, 31))):
        assert run(machine, clone, fork | bit) == "EPERM"
    assert run(machine, 435, new_user) == "ENOSYS"


def test_the_limit_of_a_core_dump_stays(machine):
    core, files, somewhere = 4, 7, 0x7F00_0000_0000
    prlimit, setrlimit = seccomp.PRLIMIT[COLUMN[machine]], seccomp.SETRLIMIT[COLUMN[machine]]
    assert run(machine, setrlimit, core, somewhere) == "EPERM"
    assert run(machine, setrlimit, files, somewhere) == "allowed"
    for new in (somewhere, 1, 1 << 32):
        assert run(machine, prlimit, 0, core, new, 0) == "EPERM"
        assert run(machine, prlimit, 0, files, new, 0) == "allowed"
    assert run(machine, prlimit, 0, core, 0, somewhere) == "allowed"


def test_calls_that_are_not_known_yet_are_unknown_to_the_learner(machine):
    for number in range(seccomp.NEW, 600):
        known = number in seccomp.ALLOWED_NEW.values()
        assert run(machine, number) == ("allowed" if known else "ENOSYS")


def test_a_processor_that_nobody_has_listed_is_refused():
    with pytest.raises(seccomp.UnknownMachineError, match="riscv64"):
        seccomp.program("riscv64")
