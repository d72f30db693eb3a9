"""Tries to break out of the sandbox before anything is graded in it; one that gets out is the last one.

Ways that a process can judge by itself are in `escapes` and run inside. The others are judged from here:
what a worker does to a process outside, and what of it is still there when it has ended.
"""

import json
import os
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from asynclab.wire import LinkError, Wire
from grader.account import Account
from grader.cell_run import run_cell
from grader.escapes import Plan
from grader.refusal import SandboxRefused
from grader.repository import Repository
from grader.runtime import Runtime, find_runtime
from grader.sandbox import Sandbox, SandboxError, Submission, Worker

#: Real seconds for all the ways together: they take less than one.
PATIENCE = 60.0


@dataclass(frozen=True)
class Attempt:
    what: str
    escaped: bool
    how: str

    def __str__(self) -> str:
        return (
            f"ESCAPED: {self.what}: {self.how}" if self.escaped else f"ok: {self.what}: refused ({self.how})"
        )


@contextmanager
def proven_sandbox(runtime: Runtime | None = None, *, paranoid: bool = False) -> Iterator[Sandbox]:
    """A sandbox that nothing of the self-test got out of: the only one to grade in.

    Raises: SandboxRefused: before anything is graded, if there can be none.
    """
    with Sandbox(runtime or find_runtime(), paranoid=paranoid) as sandbox:
        for attempt in self_test(sandbox):
            if attempt.escaped:
                raise SandboxRefused(
                    f"the sandbox has a hole: it was possible to {attempt.what} ({attempt.how})",
                    "python -m grader selftest shows all; grade on a machine where it shows none",
                )
        yield sandbox


def self_test(sandbox: Sandbox) -> Iterator[Attempt]:
    """Try everything.

    Raises: SandboxRefused: if it cannot be tried to the end.
    """
    try:
        with (
            _victim(sandbox.runtime.account) as victim,
            _planted(sandbox, victim.pid) as plan,
            sandbox.submission() as submission,
        ):
            yield from _from_inside(submission, plan)
            yield from _from_outside(submission, victim)
    except (LinkError, SandboxError) as error:
        raise SandboxRefused(
            f"the self-test of the sandbox was cut short ({error})", "try it again"
        ) from error


@contextmanager
def _planted(sandbox: Sandbox, victim: int) -> Iterator[Plan]:
    """What there is outside to get at: files, processes, sockets and a variable of the environment."""
    secret = secrets.token_hex(8)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        (folder / "secret").write_text(secret, encoding="utf-8")
        files = [
            folder / "secret",
            Path(__file__),
            Repository().root / "pyproject.toml",
            sandbox.runtime.folder,
        ]
        port = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind("\0" + secret)
        abstract.listen()
        other = stack.enter_context(sandbox.submission())
        neighbour = stack.enter_context(other.exercise())
        _leave_a_file(neighbour, f"others-{secret}")
        os.environ["ASYNCLAB_SELFTEST"] = secret
        stack.callback(os.environ.pop, "ASYNCLAB_SELFTEST")
        yield {
            "files": list(map(str, files)),
            "others": f"others-{secret}",
            "last": f"last-{secret}",
            "secret": secret,
            "pids": [os.getpid(), victim],
            "port": port.getsockname()[1],
            "abstract": secret,
        }


@contextmanager
def _victim(account: Account) -> Iterator["subprocess.Popen[bytes]"]:
    """A process outside, of the same user as the learners' code."""
    with subprocess.Popen(["sleep", "600"], **account.identity, cwd="/") as process:
        try:
            yield process
        finally:
            process.kill()


def _from_inside(submission: Submission, plan: Plan) -> Iterator[Attempt]:
    with submission.exercise() as last:
        _leave_a_file(last, plan["last"])
    with submission.exercise() as worker:
        yield _run_as_root(worker)
        tried = _run(worker, f"import grader.escapes\nprint(grader.escapes.report({plan!r}))")
    for what, escaped, how in json.loads(tried):
        yield Attempt(what, escaped, how)


def _run_as_root(worker: Worker) -> Attempt:
    uids = worker.uids()
    return Attempt("run as root", uids is None or 0 in uids, f"outside its user is {uids and uids[0]}")


def _from_outside(submission: Submission, victim: "subprocess.Popen[bytes]") -> Iterator[Attempt]:
    with submission.exercise() as worker, suppress(LinkError):
        _run(worker, "import grader.escapes\ngrader.escapes.kill_all()")
    yield Attempt("kill processes outside", victim.poll() is not None, "they live")
    marker = f"asynclab-{secrets.token_hex(8)}"
    with submission.exercise() as worker:
        _run(worker, f"import grader.escapes\ngrader.escapes.stay_behind({marker!r})")
        there = _running(marker)
    left = _running(marker)
    how = "its namespace has ended" if there else "it was never seen"
    yield Attempt("leave a process behind", bool(left) or not there, how)


def _running(marker: str) -> list[int]:
    """The processes of this machine that are called so."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdecimal() and (folder / "cmdline").read_bytes().startswith(marker.encode()):
                found.append(int(folder.name))
    return found


def _leave_a_file(worker: Worker, name: str) -> None:
    _run(worker, f"import grader.escapes\ngrader.escapes.leave_a_file({name!r})")


def _run(worker: Worker, source: str) -> str:
    """What a cell of ours prints."""
    run = run_cell(Wire(worker.link), source, time.monotonic() + PATIENCE)
    if not run.ok:
        raise SandboxError(f"a cell of the self-test failed: {run.error}")
    return "".join(output["text"] for output in run.outputs if output["output_type"] == "stream")
