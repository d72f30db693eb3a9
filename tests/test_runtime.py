"""The runtime that learners' code has: made once, readable for the learners' account, never stale."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import not_run

from grader import runtime
from grader.account import Account, learners_account
from grader.refusal import SandboxRefused
from grader.repository import Repository
from grader.runtime import find_interpreter, find_runtime, make_runtime, runtime_folder


@pytest.fixture(scope="module")
def made(bubblewrap):
    try:
        return make_runtime(say=lambda text: None)
    except SandboxRefused as refused:
        not_run(str(refused))


def test_it_is_made_once(made):
    said = []
    assert make_runtime(say=said.append) == made == find_runtime()
    assert said == []


def test_it_holds_what_set_up_cells_import_and_no_torch(made):
    seen = made.account.output_of(
        str(made.venv / "bin" / "python"),
        "-c",
        "import IPython, importlib.util, matplotlib, numpy; print(importlib.util.find_spec('torch'))",
    )
    assert seen == "None\n"


def test_its_versions_are_those_of_the_lock(made):
    lock = (Repository().root / "requirements.lock").read_text(encoding="utf-8")
    pins = {line.split()[0] for line in lock.splitlines() if "==" in line and not line.startswith("#")}
    listed = (
        subprocess.run(
            [sys.executable, "-m", "pip", "--python", str(made.venv / "bin" / "python"), "freeze"],
            capture_output=True,
            text=True,
            check=True,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        )
        .stdout.lower()
        .replace("_", "-")
        .split()
    )
    assert "numpy" in {pin.partition("==")[0] for pin in listed}
    assert set(listed) <= pins


def test_it_has_no_reference_answer_and_nothing_else_of_the_grader(made):
    sources = {path.relative_to(made.sources).as_posix() for path in made.sources.rglob("*.py")}
    assert "asynclab/runner.py" in sources
    assert not any("reference/" in path for path in sources)
    grader = {path.removeprefix("grader/") for path in sources if path.startswith("grader/")}
    assert grader == {f"{name}.py" for name in runtime.INSIDE}
    assert "selftest.py" not in grader


def test_the_learners_account_can_read_it_and_not_write_it(made):
    assert made.account.may_enter(made.sources)
    for path in (made.venv / "bin", made.sources, made.sources / "grader" / "worker.py"):
        assert not path.stat().st_mode & stat.S_IWOTH


def test_a_change_of_the_sources_brings_them_anew(made, monkeypatch):
    changed = runtime._sources() | {"asynclab/new.py": b"x = 1\n"}
    monkeypatch.setattr(runtime, "_sources", lambda: changed)
    monkeypatch.setattr(runtime, "_compile", lambda *_: None)
    new = find_runtime()
    assert new.sources != made.sources
    assert (new.sources / "asynclab" / "new.py").read_bytes() == b"x = 1\n"
    assert made.sources.is_dir()  # a sandbox may be using it


def test_a_change_of_the_lock_asks_for_a_set_up(made, monkeypatch):
    monkeypatch.setattr(runtime, "_wanted", lambda: "another lock")
    with pytest.raises(SandboxRefused, match=r"no up-to-date runtime.*python -m grader setup"):
        find_runtime()


@pytest.mark.parametrize("stamp", ["", "[]", "{}", json.dumps({"wanted": 7})])
def test_a_set_up_that_was_cut_short_is_no_runtime(tmp_path, monkeypatch, stamp):
    monkeypatch.setenv("ASYNCLAB_RUNTIME", str(tmp_path))
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "stamp.json").write_text(stamp)
    with pytest.raises(SandboxRefused, match="no up-to-date runtime"):
        find_runtime()


def test_it_lies_where_it_is_told_to_or_in_the_clone_if_the_account_can_enter_that(monkeypatch, tmp_path):
    account = Account(os.geteuid(), os.getegid())
    monkeypatch.delenv("ASYNCLAB_RUNTIME", raising=False)
    assert runtime_folder(account) == Repository().root / "build" / "runtime"

    monkeypatch.setattr(Account, "may_enter", lambda self, folder: False)
    assert runtime_folder(account).parent == Path("/var/lib/asynclab")

    monkeypatch.setenv("ASYNCLAB_RUNTIME", str(tmp_path))
    assert runtime_folder(account) == tmp_path


def test_an_interpreter_counts_only_if_the_account_can_execute_it(monkeypatch, tmp_path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "python3").symlink_to("/usr/bin/python3")
    monkeypatch.setenv("ASYNCLAB_RUNTIME_PYTHON", str(private / "nothing"))
    with pytest.raises(SandboxRefused, match=r"no Python of 3.11 to 3.13 .*apt-get install python3"):
        find_interpreter(learners_account())

    monkeypatch.setenv("ASYNCLAB_RUNTIME_PYTHON", str(private / "python3"))
    if os.geteuid() == 0:
        with pytest.raises(SandboxRefused, match="can be executed by user"):
            find_interpreter(learners_account())
    else:
        assert find_interpreter(learners_account()).version in runtime.SUPPORTED
