"""The two commands of the README, on a machine that has nothing but Python, git and make."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import psutil
import pytest
import yaml
from packaging.requirements import Requirement

from tests.lab_server import LabServer, outside_make

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
PINS = [Requirement(line.partition("#")[0]) for line in LOCK.splitlines() if not line.startswith("#")]
PLATFORMS = {
    "Linux": {"sys_platform": "linux", "os_name": "posix", "platform_machine": "x86_64"},
    "macOS": {"sys_platform": "darwin", "os_name": "posix", "platform_machine": "arm64"},
    "Windows": {"sys_platform": "win32", "os_name": "nt", "platform_machine": "AMD64"},
}


# --- one list of versions ----------------------------------------------------------------------------------


def test_every_requirement_of_the_lock_is_pinned():
    assert [str(pin) for pin in PINS if [clause.operator for clause in pin.specifier] != ["=="]] == []


def test_the_lock_holds_no_cuda():
    assert [pin.name for pin in PINS if re.match("nvidia|cuda|triton", pin.name)] == []


def test_the_lock_says_nothing_about_the_machine_that_made_it():
    assert re.findall(r"://|--\S*index|--find-links|file:|--hash", LOCK) == []


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_lock_gives_one_version_of_all_that_the_package_asks_for(python, platform):
    machine = {"python_version": python, "python_full_version": f"{python}.9", **PLATFORMS[platform]}
    applicable = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate(machine)]
    locked = {pin.name: next(iter(pin.specifier)).version for pin in applicable}

    assert len(locked) == len(applicable)
    assert locked["torch"] == "2.13.0"
    for line in itertools.chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()):
        wanted = Requirement(line)
        assert wanted.specifier.contains(locked[wanted.name]), line


def test_the_installed_packages_fit_each_other():
    checked = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_conda_is_given_python_pip_and_the_same_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["dependencies"] == [
        f"python {PROJECT['requires-python']}",
        "pip",
        {"pip": ["-r requirements.lock", "-e ."]},
    ]


# --- make --------------------------------------------------------------------------------------------------


def test_make_help_has_a_line_for_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()
    shown = make("help")
    assert sorted(re.findall(r"^make (\S+) +\S", shown, re.MULTILINE)) == sorted(targets)


def test_make_alone_is_make_help():
    assert make() == make("help")


def make(*goals: str) -> str:
    """What make prints, called by a learner and not by the make that may run these tests."""
    command = ["make", *goals]
    environment = outside_make()
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout


# --- .ci/setup.sh, with a Python that only pretends --------------------------------------------------------


@pytest.fixture
def clone(tmp_path):
    """A clone with all that set-up reads, and nothing else, in a folder with a space in its name."""
    clone = tmp_path / "my clone"
    for path in (
        ".ci/setup.sh",
        "pyproject.toml",
        "requirements.lock",
        "etc/jupyter/labconfig/default_setting_overrides.json",
    ):
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, clone / path)
    return clone


def pretend_python(folder: Path, version: str, *, fails_at: str = "nothing", has_venv: bool = True) -> Path:
    """A program that answers like Python *version*, and writes each use of venv and pip to calls.txt.

    The one whose command line holds *fails_at* fails.
    """
    python = folder / f"pretend-python{version}"
    python.write_text(
        f"""#!/bin/sh
        case "$*" in
            *sys.version_info*) echo {version} ;;
            *ensurepip*) exit {0 if has_venv else 1} ;;
            --version) echo Python {version}.0 ;;
            *"pip --version"*) ;;
            "-m venv"*)
                echo venv >> "{folder}/calls.txt"
                rm -rf .venv
                mkdir -p .venv/bin
                cp "$0" .venv/bin/python
                echo "VIRTUAL_ENV={folder}/.venv" > .venv/bin/activate ;;
            *) echo "$*" >> "{folder}/calls.txt" ;;
        esac
        case "$*" in *"{fails_at}"*) echo "pip is unhappy" >&2; exit 1 ;; esac
        """
    )
    python.chmod(0o755)
    return python


def set_up(clone: Path, python: Path | str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", ".ci/setup.sh"],
        cwd=clone,
        env={**os.environ, "PYTHON": str(python), **environment},
        capture_output=True,
        text=True,
    )


def calls(clone: Path) -> list[str]:
    """What venv and pip were asked for, in short, since the last look."""
    log = clone / "calls.txt"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return [next((word for word in ("torch", "-r", "--editable") if word in line), line) for line in lines]


def test_an_unsupported_python_gets_one_sentence_that_says_what_to_do(clone):
    done = set_up(clone, pretend_python(clone, "3.9"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "This course needs Python 3.11, 3.12 or 3.13 with its venv module; "
        f"found: {clone}/pretend-python3.9 is 3.9. "
        "Install one, or name it: make lab PYTHON=/path/to/python3.12\n"
    )


def test_a_python_without_venv_is_named(clone):
    done = set_up(clone, pretend_python(clone, "3.11", has_venv=False))
    assert done.returncode == 1
    assert "pretend-python3.11 is 3.11 without its venv module." in done.stderr


def test_no_python_at_all_is_said_too(clone):
    done = set_up(clone, "no-such-python")
    assert done.returncode == 1
    assert "found: no Python that runs." in done.stderr


def test_a_shim_that_fails_is_passed_over(clone, tmp_path):
    path = tmp_path / "bin"
    path.mkdir()
    (path / "python3.13").write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    (path / "python3.13").chmod(0o755)
    pretend_python(clone, "3.12").rename(path / "python3.12")
    done = set_up(clone, "", PATH=f"{path}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    assert "Making .venv with Python 3.12.0 (python3.12)" in done.stdout


def test_set_up_installs_torch_then_the_lock_then_the_package_once(clone):
    python = pretend_python(clone, "3.12")
    set_up(clone, python)
    assert calls(clone) == [
        *(["venv", "torch", "-r", "--editable"] if on_linux() else ["venv", "-r", "--editable"])
    ]

    again = set_up(clone, python)
    assert (again.returncode, again.stdout, again.stderr, calls(clone)) == (0, "", "", [])


def test_a_changed_lock_is_installed_into_the_same_venv(clone):
    python = pretend_python(clone, "3.12")
    set_up(clone, python, TORCH_INDEX="skip")
    calls(clone)
    (clone / "requirements.lock").write_text(LOCK + "six==1.17.0\n")
    set_up(clone, python, TORCH_INDEX="skip")
    assert calls(clone) == ["-r", "--editable"]


def test_an_interrupted_set_up_starts_over(clone):
    python = pretend_python(clone, "3.12", fails_at="-r requirements.lock")
    assert set_up(clone, python, TORCH_INDEX="skip").returncode == 1
    assert calls(clone) == ["venv", "-r"]

    python = pretend_python(clone, "3.12")
    assert set_up(clone, python, TORCH_INDEX="skip").returncode == 0
    assert calls(clone) == ["venv", "-r", "--editable"]


def test_a_clone_that_was_moved_is_set_up_anew(clone):
    python = pretend_python(clone, "3.12")
    set_up(clone, python, TORCH_INDEX="skip")
    calls(clone)
    (clone / ".venv/bin/activate").write_text("VIRTUAL_ENV=/where/it/was/.venv")
    set_up(clone, python, TORCH_INDEX="skip")
    assert calls(clone) == ["venv", "-r", "--editable"]


@pytest.fixture
def worktree(clone, tmp_path):
    """Another clone, whose .venv is a link to that of the first."""
    worktree = tmp_path / "worktree"
    shutil.copytree(clone, worktree)
    (worktree / ".venv").symlink_to(clone / ".venv")
    return worktree


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_link_to_a_finished_venv_is_used(clone, worktree):
    python = pretend_python(clone, "3.12")
    set_up(clone, python, TORCH_INDEX="skip")
    calls(clone)

    done = set_up(worktree, python, TORCH_INDEX="skip")
    assert (done.returncode, done.stdout, done.stderr, calls(clone)) == (0, "", "", [])


def test_a_link_to_a_venv_for_another_lock_is_used_as_it_is_and_one_line_says_so(clone, worktree):
    python = pretend_python(clone, "3.12")
    set_up(clone, python, TORCH_INDEX="skip")
    calls(clone)
    before = contents(clone / ".venv")
    (worktree / "requirements.lock").write_text(LOCK + "six==1.17.0\n")

    done = set_up(worktree, python, TORCH_INDEX="skip")
    assert (done.returncode, done.stdout, calls(clone)) == (0, "", [])
    assert done.stderr == (
        f"Using .venv as it is: a link to {clone}/.venv, "
        "which was set up for other versions of the course's files.\n"
    )
    assert contents(clone / ".venv") == before


@pytest.mark.parametrize("is_there", [True, False])
def test_what_a_link_points_to_is_never_cleared_or_made(clone, worktree, is_there):
    python = pretend_python(clone, "3.12", fails_at="-r requirements.lock")
    if is_there:
        set_up(clone, python, TORCH_INDEX="skip")
        calls(clone)
    before = contents(clone)

    done = set_up(worktree, pretend_python(worktree, "3.12"), TORCH_INDEX="skip")
    assert (done.returncode, done.stdout, calls(worktree)) == (1, "", [])
    assert done.stderr == (
        f".venv is a link to {clone}/.venv, where no set-up was finished, "
        "and nothing is changed through a link. "
        "Run make setup in the folder that it belongs to, or remove the link: rm .venv\n"
    )
    assert contents(clone) == before


def on_linux() -> bool:
    return sys.platform == "linux"


needs_linux = pytest.mark.skipif(not on_linux(), reason="only the Linux build of torch comes in two sizes")


@needs_linux
def test_without_the_cpu_build_of_torch_one_line_says_that_the_default_is_taken(clone):
    python = pretend_python(clone, "3.12", fails_at="--index-url")
    done = set_up(clone, python, TORCH_INDEX="https://torch.invalid/cpu")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.splitlines()[1:] == [
        "No torch==2.13.0 at https://torch.invalid/cpu: taking the default build of torch instead."
    ]


@needs_linux
def test_the_cpu_build_of_torch_is_looked_for_without_patience(clone):
    set_up(clone, pretend_python(clone, "3.12"), TORCH_INDEX="https://torch.invalid/cpu")
    (line,) = [line for line in (clone / "calls.txt").read_text().splitlines() if "torch" in line]
    for option in ("--retries 0", "--timeout 5", "--no-deps", "--index-url https://torch.invalid/cpu"):
        assert option in line


# --- system packages ---------------------------------------------------------------------------------------


def system_packages(tmp_path: Path, *there: str, user: int) -> str:
    """What .ci/system-packages.sh prints for user id *user*, with only these programs on the path."""
    answers = {"id": f"echo {user}", "apt-get": 'echo "apt-get $*"'}
    for program in ("id", *there):
        (tmp_path / program).write_text(f"#!/bin/sh\n{answers.get(program, '')}\n")
        (tmp_path / program).chmod(0o755)
    script = [shutil.which("bash"), ROOT / ".ci/system-packages.sh"]
    return subprocess.run(
        script, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True
    ).stdout


def test_root_gets_the_missing_packages_installed(tmp_path):
    assert system_packages(tmp_path, "apt-get", "chromium", user=0) == (
        "apt-get update -qq\napt-get install -y --no-install-recommends bubblewrap\n"
    )


def test_another_user_gets_the_line_to_type(tmp_path):
    assert system_packages(tmp_path, "apt-get", user=1000) == (
        "Tests that need chromium bubblewrap will not run. To run them, too: "
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium bubblewrap\n"
    )


def test_without_apt_the_packages_are_named(tmp_path):
    assert system_packages(tmp_path, "google-chrome", user=0) == (
        "Tests that need bubblewrap will not run. Install with your package manager: bubblewrap\n"
    )


def test_with_all_packages_there_nothing_is_said(tmp_path):
    assert system_packages(tmp_path, "apt-get", "chromium-browser", "bwrap", user=0) == ""


# --- JupyterLab --------------------------------------------------------------------------------------------


def test_the_package_installs_the_courses_settings_of_jupyterlab():
    installed = Path(sys.prefix, "etc/jupyter/labconfig/default_setting_overrides.json")
    assert (
        installed.read_text() == (ROOT / "etc/jupyter/labconfig/default_setting_overrides.json").read_text()
    )


def ask(url: str) -> dict:
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_make_lab_in_a_fresh_clone_opens_the_course_and_ctrl_c_ends_it(tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)

    with LabServer("make", "lab", folder=clone, patience=840) as lab:
        assert "started" in ask(lab.url("api/status"))
        copied = {path.name for path in (clone / "notebooks").iterdir()} | {"nbgrader_config.py"}
        assert {entry["name"] for entry in ask(lab.url("api/contents"))["content"]} == copied
        news = ask(lab.url("lab/api/settings/@jupyterlab/apputils-extension:notification"))
        assert news["schema"]["properties"]["fetchNews"]["default"] == "false"
        kernels = ask(lab.url("lab/api/settings/@jupyterlab/apputils-extension:kernels-settings"))
        assert kernels["schema"]["properties"]["commsOverSubshells"]["default"] == "disabled"
    assert "Copied to my-course/: " in lab.output

    with LabServer("make", "lab", folder=clone, patience=30) as lab:
        start = urllib.request.Request(lab.url("api/kernels"), data=b'{"name": "python3"}')
        with urllib.request.urlopen(start) as answer:
            assert answer.status == 201
        server = [process for process in psutil.process_iter() if runs_in(process, clone)]
        assert len(server) >= 2  # JupyterLab and the kernel
    assert "pip" not in lab.output
    assert "Traceback" not in lab.output
    _, alive = psutil.wait_procs(server, timeout=20)
    assert alive == []


def runs_in(process: psutil.Process, clone: Path) -> bool:
    try:
        return any(str(clone / ".venv") in argument for argument in process.cmdline())
    except psutil.Error:  # it ended while it was looked at
        return False
