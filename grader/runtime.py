"""The learner's side runtime: the small Python that learners' code runs in.

It holds IPython, NumPy, matplotlib and asynclab without the reference answers, and nothing else of
the course. `python -m grader setup` makes it, from the first interpreter that the learners' account
can really execute: the course's own may lie in a private home.

Where it lies: ASYNCLAB_RUNTIME if that is set; else `build/runtime/` of this clone if the learners'
account can enter the clone; else (root grades, and the clone is in a private home) a folder of this
clone's own under /var/lib/asynclab/.

    venv/              the packages, at the versions of requirements.lock; remade when that changes
    sources/<hash>/    asynclab and the files of the grader that work inside the sandbox, copied again
                       whenever this clone's have changed, so it never runs with stale ones
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grader.account import Account, learners_account, make_user, user_name
from grader.refusal import SandboxRefused
from grader.repository import Repository

#: What a notebook's set-up cells may import, besides the standard library and asynclab.
PACKAGES = ("ipython", "matplotlib", "numpy")

#: The files of this folder that work inside the sandbox. They hold no secret.
INSIDE = ("__init__", "cold", "escapes", "lockdown", "namespaces", "seccomp", "shell", "worker", "zygote")

#: Where the sandbox has the sources; a .pth file in the venv puts it on the path of its Python.
SOURCES_INSIDE = "/course"

SUPPORTED = ((3, 11), (3, 12), (3, 13))

#: Sandboxes of earlier versions of this clone may still be at work with theirs: so many seconds.
KEEP_SOURCES = 7 * 24 * 3600

SETUP = "python -m grader setup"


@dataclass(frozen=True)
class Interpreter:
    path: Path
    version: tuple[int, int]
    prefix: Path  # the folder that holds its standard library


@dataclass(frozen=True)
class Runtime:
    """A finished runtime, and the account that uses it."""

    folder: Path
    account: Account
    interpreter: Interpreter
    sources: Path

    @property
    def venv(self) -> Path:
        return self.folder / "venv"


def find_runtime() -> Runtime:
    """
    Raises: SandboxRefused: if there is none, or an outdated one.
    """
    account = learners_account()
    folder = runtime_folder(account)
    interpreter = _finished(folder)
    if interpreter is None:
        raise SandboxRefused(f"there is no up-to-date runtime for learners' code in {folder}", SETUP)
    try:
        sources = _bring_sources(folder)
    except OSError as error:
        raise SandboxRefused(f"the runtime is of another version, and {error}", SETUP) from error
    if not account.may_enter(sources):
        raise SandboxRefused(f"user {account.uid}, who runs learners' code, cannot read {folder}", SETUP)
    return Runtime(folder, account, interpreter, sources)


def runtime_folder(account: Account) -> Path:
    if "ASYNCLAB_RUNTIME" in os.environ:
        return Path(os.environ["ASYNCLAB_RUNTIME"]).resolve()
    root = Repository().root
    if account.may_enter(root):
        return root / "build" / "runtime"
    return Path("/var/lib/asynclab") / f"runtime-{hashlib.sha256(bytes(root)).hexdigest()[:12]}"


def make_runtime(say: Callable[[str], object] = print) -> Runtime:
    """Make what is missing or outdated of the runtime; nothing when all is there.

    Raises: SandboxRefused: if no interpreter can be used.
    """
    account = _account(say)
    folder = runtime_folder(account)
    with _one_at_a_time(folder):
        interpreter = _finished(folder)
        if interpreter is None:
            interpreter = find_interpreter(account)
            say(f"Making the runtime for learners' code with {interpreter.path}, in {folder}.")
            _make_venv(folder, interpreter)
    runtime = Runtime(folder, account, interpreter, _bring_sources(folder))
    if (
        account.output_of(str(runtime.venv / "bin" / "python"), "-c", "import IPython, matplotlib, numpy")
        is None
    ):
        raise SandboxRefused(
            f"user {account.uid}, who is to run learners' code, cannot run the Python in {folder}",
            "put it where that user can read: ASYNCLAB_RUNTIME=/path/to/folder python -m grader setup",
        )
    return runtime


def _account(say: Callable[[str], object]) -> Account:
    try:
        return learners_account()
    except SandboxRefused:
        make_user(user_name())
        say(f"Added the user {user_name()}, whom learners' code runs as.")
    return learners_account()


def find_interpreter(account: Account) -> Interpreter:
    """The first interpreter of a supported version that the account can execute; of this version, if any.

    Raises: SandboxRefused: if there is none.
    """
    same = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    names = [f"python{major}.{minor}" for major, minor in reversed(SUPPORTED)]
    folders = ("/usr/bin", "/usr/local/bin", "/opt/python/bin")
    candidates = [str(Path(sys.base_prefix) / "bin" / same)]
    for name in (same, *names, "python3"):
        candidates += [found for found in (shutil.which(name),) if found]
        candidates += [f"{folder}/{name}" for folder in folders]
    if "ASYNCLAB_RUNTIME_PYTHON" in os.environ:
        candidates = [os.environ["ASYNCLAB_RUNTIME_PYTHON"]]
    for candidate in dict.fromkeys(candidates):
        interpreter = _tried(candidate, account)
        if interpreter is not None:
            return interpreter
    raise SandboxRefused(
        f"no Python of 3.11 to 3.13 can be executed by user {account.uid}, who is to run learners' code "
        f"(tried: {', '.join(dict.fromkeys(candidates))})",
        "apt-get install python3; or name one: ASYNCLAB_RUNTIME_PYTHON=/usr/bin/python3.12 " + SETUP,
    )


_PROBE = """
import json, sys, venv
print(json.dumps([sys.version_info[:2], sys._base_executable, sys.base_prefix]))
"""


def _tried(candidate: str, account: Account) -> Interpreter | None:
    said = account.output_of(candidate, "-I", "-c", _PROBE)
    if said is None:
        return None
    version, path, prefix = json.loads(said)
    interpreter = Interpreter(Path(path), (version[0], version[1]), Path(prefix))
    return interpreter if interpreter.version in SUPPORTED else None


# -- packages


def _finished(folder: Path) -> Interpreter | None:
    """The interpreter of the venv, if it was finished for this requirements.lock."""
    try:
        stamp = json.loads((folder / "venv" / "stamp.json").read_bytes())
        if stamp["wanted"] != _wanted():
            return None
        return Interpreter(Path(stamp["path"]), tuple(stamp["version"]), Path(stamp["prefix"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _wanted() -> str:
    return _hash_of({"lock": _lock().read_bytes(), "packages": repr(PACKAGES).encode()})


def _lock() -> Path:
    return Repository().root / "requirements.lock"


def _make_venv(folder: Path, interpreter: Interpreter) -> None:
    venv = folder / "venv"
    shutil.rmtree(venv, ignore_errors=True)
    _run(str(interpreter.path), "-I", "-m", "venv", "--without-pip", str(venv))
    python = str(venv / "bin" / "python")
    # the course's own pip installs into it: Debian's Python comes without one
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    _run(*pip, "install", "--quiet", "--only-binary=:all:", "--constraint", str(_lock()), *PACKAGES)
    site = Path(_run(python, "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (site / "course.pth").write_text(f"{SOURCES_INSIDE}\n", encoding="utf-8")
    # a scan of the machine's fonts takes seconds: the sandbox begins with the result
    _run(
        python, "-I", "-c", "import matplotlib.font_manager", HOME="/", MPLCONFIGDIR=str(venv / "matplotlib")
    )
    stamp = {
        "wanted": _wanted(),
        "path": str(interpreter.path),
        "version": interpreter.version,
        "prefix": str(interpreter.prefix),
    }
    (venv / "stamp.json").write_text(json.dumps(stamp), encoding="utf-8")


def _run(*command: str, **environment: str) -> str:
    """What a program prints that makes a part of the runtime; it has none of our PYTHON... variables."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        return subprocess.run(
            command, env=own | environment, check=True, capture_output=True, text=True
        ).stdout
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip()
        raise SandboxRefused(f"`{' '.join(command)}` failed: {said[-2000:]}", SETUP) from error


# -- sources


def _sources() -> dict[str, bytes]:
    """What the sandbox has of this repository, by the path that it has there."""
    root = Repository().root
    package = root / "src" / "asynclab"
    asynclab = [
        path for path in sorted(package.rglob("*.py")) if path.relative_to(package).parts[0] != "reference"
    ]
    grader = [root / "grader" / f"{name}.py" for name in INSIDE]
    return {f"asynclab/{path.relative_to(package).as_posix()}": path.read_bytes() for path in asynclab} | {
        f"grader/{path.name}": path.read_bytes() for path in grader
    }


def _bring_sources(folder: Path) -> Path:
    """Copy them beside those of other versions, which sandboxes may be using, and compile them."""
    sources = _sources()
    final = folder / "sources" / _hash_of(sources)
    if final.is_dir():
        return final
    with _one_at_a_time(folder):
        if final.is_dir():
            return final
        for old in final.parent.glob("*"):
            if time.time() - old.stat().st_mtime > KEEP_SOURCES:
                shutil.rmtree(old, ignore_errors=True)
        new = final.with_name(f".{final.name}")
        for path, content in sources.items():
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            (new / path).write_bytes(content)
        _compile(folder / "venv" / "bin" / "python", new)
        new.rename(final)
        return final


def _compile(python: Path, sources: Path) -> None:
    """For good: the folder is named after its content."""
    _run(str(python), "-I", "-m", "compileall", "-q", "--invalidation-mode=unchecked-hash", str(sources))


def _hash_of(contents: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(b"%d %s %d\n" % (len(name), name.encode(), len(content)) + content)
    return digest.hexdigest()[:16]


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Make files that everybody can read, while nobody else makes the same."""
    import fcntl  # no such thing on Windows

    before = os.umask(0o022)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    finally:
        os.umask(before)
