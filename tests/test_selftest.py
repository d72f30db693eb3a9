"""The self-test finds the holes, and where learners' code would not be shut in nothing is graded."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import not_run

from grader import bubblewrap, runtime
from grader.account import Account, learners_account
from grader.commands import selftest
from grader.refusal import SandboxRefused
from grader.runtime import Runtime, find_runtime, make_runtime
from grader.sandbox import Sandbox
from grader.selftest import proven_sandbox, self_test

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who can become other users")


@pytest.fixture(scope="module", autouse=True)
def made(bubblewrap):
    try:
        return make_runtime(say=lambda text: None)
    except SandboxRefused as refused:
        not_run(str(refused))


def escaped(sandbox: Sandbox) -> list[str]:
    return [attempt.what for attempt in self_test(sandbox) if attempt.escaped]


@pytest.mark.parametrize("paranoid", [False, True])
def test_nothing_gets_out(made, paranoid):
    with Sandbox(made, paranoid=paranoid) as sandbox:
        attempts = list(self_test(sandbox))
    assert len(attempts) > 40
    assert [str(attempt) for attempt in attempts if attempt.escaped] == []
    assert "ok: attach a debugger: refused (EPERM)" in map(str, attempts)


def test_the_command_prints_a_line_for_each_attempt(capsys):
    from argparse import Namespace

    assert selftest(Namespace(paranoid=False, times=True)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "ok: write to core pattern: refused (ENOENT)" in lines
    assert "attempts, none escaped" in lines[-2]
    assert lines[-1].startswith("sandbox: ")


# -- holes


@pytest.fixture
def weakened(monkeypatch, made):
    """A sandbox that has one line less."""

    def weaken(file: str, line: str, instead: str = "pass") -> Runtime:
        sources = runtime._sources()
        text = sources[f"grader/{file}"].decode()
        assert text.count(line) == 1, f"{file} has no longer one place with {line}"
        sources[f"grader/{file}"] = text.replace(line, instead).encode()
        monkeypatch.setattr(runtime, "_sources", lambda: sources)
        monkeypatch.setattr(runtime, "_compile", lambda _, folder: bring_compiled(folder, Path(file).stem))
        return find_runtime()

    def bring_compiled(folder: Path, but: str) -> None:
        """Compiling takes a second, and only one file differs."""
        for compiled in made.sources.rglob("*.pyc"):
            if not compiled.name.startswith(f"{but}."):
                copy = folder / compiled.relative_to(made.sources)
                copy.parent.mkdir(exist_ok=True)
                shutil.copy(compiled, copy)

    return weaken


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "line", "instead", "holes"),
    [
        (
            "lockdown.py",
            "filter_system_calls(program())",
            "pass",
            {"make namespaces", "open sockets", "make the system calls that are refused"},
        ),
        ("lockdown.py", "drop_capabilities()", "pass", {"have a capability"}),
        ("lockdown.py", "resource.setrlimit(kind, (limit, limit))", "pass", {"raise a limit"}),
        ("lockdown.py", "close_from(CHANNEL + 1)", "pass", {"use files that somebody left open"}),
        ("zygote.py", "self._end_all()", "pass", {"leave a process behind"}),
        ("zygote.py", "(SCRATCH, SHARED_MEMORY)", "(SCRATCH,)", {"read a file of the last exercise"}),
        ("zygote.py", '"none", "/proc", "tmpfs"', '"none", "/dev/shm", "tmpfs"', {"see anything in proc"}),
    ],
)
def test_the_self_test_finds_what_is_left_out(weakened, file, line, instead, holes):
    with Sandbox(weakened(file, line, instead)) as sandbox:
        assert holes <= set(escaped(sandbox))


def test_the_self_test_finds_files_of_the_machine(made, monkeypatch):
    view = bubblewrap._view
    monkeypatch.setattr(bubblewrap, "_view", lambda *args: [*view(*args), "--ro-bind", "/etc", "/etc"])
    with Sandbox(made) as sandbox:
        assert "read files of the machine" in escaped(sandbox)


@needs_root
def test_the_self_test_finds_that_it_runs_as_root(made):
    as_root = Runtime(made.folder, Account(0, 0), made.interpreter, made.sources)
    with Sandbox(as_root, paranoid=True) as sandbox:
        assert "run as root" in escaped(sandbox)


def test_nobody_grades_in_a_sandbox_with_a_hole(weakened):
    weak = weakened("lockdown.py", "drop_capabilities()")
    with pytest.raises(SandboxRefused, match=r"possible to have a capability.*Nothing was graded"):
        proven_sandbox(weak).__enter__()


def test_a_sandbox_without_a_hole_is_given_out(made):
    with proven_sandbox(made) as sandbox, sandbox.submission() as submission, submission.exercise() as worker:
        assert worker.uids()


# -- refusals


def refusal(**environment: str) -> str:
    """What `python -m grader selftest` says on stderr when it refuses."""
    process = subprocess.run(
        [sys.executable, "-m", "grader", "selftest"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert (process.returncode, process.stdout) == (3, "")
    assert "Nothing was graded" in process.stderr
    return process.stderr


def test_without_bubblewrap_nothing_is_graded(tmp_path):
    assert "To fix it: apt-get install bubblewrap" in refusal(PATH=str(tmp_path))


def test_without_a_runtime_nothing_is_graded(tmp_path):
    assert "To fix it: python -m grader setup" in refusal(ASYNCLAB_RUNTIME=str(tmp_path))


@needs_root
def test_root_without_a_user_to_become_does_not_grade():
    said = refusal(ASYNCLAB_USER="nobody-by-that-name")
    assert "there is no user 'nobody-by-that-name'" in said
    assert "python -m grader setup" in said


@needs_root
def test_root_cannot_be_named_as_that_user():
    assert "'root' is root" in refusal(ASYNCLAB_USER="root")


GRADE = 'read go; {before} exec "$0" -m grader selftest'


def in_a_user_namespace(before: str, uid_map: str) -> "subprocess.CompletedProcess[str]":
    """`python -m grader selftest` inside a user namespace of our making."""
    command = ["unshare", "--user", "--keep-caps", "sh", "-c", GRADE.format(before=before), sys.executable]
    own = Path("/proc/self/ns/user").readlink()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        there = Path(f"/proc/{process.pid}")
        while (there / "ns" / "user").readlink() == own:
            time.sleep(0.01)
        if os.geteuid() != 0:
            (there / "setgroups").write_text("deny")
        (there / "uid_map").write_text(uid_map)
        (there / "gid_map").write_text(uid_map)
        _, said = process.communicate("go\n", timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, "", said)


def test_where_user_namespaces_are_off_nothing_is_graded():
    uid = os.geteuid()
    everybody = "0 0 65536" if uid == 0 else f"{uid} {uid} 1"
    done = in_a_user_namespace("echo 0 > /proc/sys/user/max_user_namespaces;", everybody)
    assert done.returncode == 3
    assert "does not allow the namespaces" in done.stderr
    assert "To fix it: sysctl -w user.max_user_namespaces" in done.stderr


@needs_root
def test_where_root_is_the_only_user_nothing_is_graded():
    done = in_a_user_namespace("", "0 0 1")
    assert done.returncode == 3
    assert f"root cannot become {learners_account() and 'asynclab-learner'!r} here" in done.stderr


def test_where_only_bubblewrap_may_make_namespaces_nothing_is_graded(made, monkeypatch):
    view = bubblewrap._view
    off = ["--unshare-user", "--disable-userns"]
    monkeypatch.setattr(bubblewrap, "_view", lambda *args: [*view(*args), *off])
    with pytest.raises(SandboxRefused, match="does not allow the namespaces"), Sandbox(made):
        pytest.fail("it was opened")


def test_a_program_that_does_not_start_is_told_with_its_words(made, monkeypatch):
    monkeypatch.setattr(bubblewrap, "_view", lambda *args: ["--no-such-option"])
    with pytest.raises(SandboxRefused, match="Unknown option --no-such-option"):
        Sandbox(made).__enter__()


def test_a_worker_that_cannot_be_locked_down_runs_nothing(weakened):
    weak = weakened("lockdown.py", "drop_capabilities()", "raise OSError('not today')")
    with pytest.raises(SandboxRefused, match="OSError: not today"):
        Sandbox(weak).__enter__()
