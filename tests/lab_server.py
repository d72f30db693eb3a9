"""A JupyterLab of the course, started by a command, used by a test, and stopped as a learner stops it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self


def interruptible() -> None:
    """Ctrl-C arrives, also where the tests themselves were started in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


ROOT = Path(__file__).parents[1]


def make_lab(course: Path) -> list[str]:
    """`make lab` with this course folder, or what it runs, where .venv is a link that make would renew."""
    if (ROOT / ".venv").is_symlink():
        return [sys.executable, "-m", "asynclab", "lab", "--folder", str(course)]
    return ["make", "-C", str(ROOT), "lab", f"ARGS=--folder {course}"]


ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/lab\?token=\w+(?=\s)")


def outside_make() -> dict[str, str]:
    """The environment without what `make test ARGS=...` passes on to a make inside it."""
    passed_on = ("ARGS", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS")
    return {name: value for name, value in os.environ.items() if name not in passed_on}


class LabServer:
    """Runs *command* in *folder* until JupyterLab prints its address; leaving the block is Ctrl-C.

    with LabServer("make", "lab", folder=clone) as lab:
        lab.url("api/status")     # http://127.0.0.1:8888/api/status?token=...
    lab.output                    # all that was printed
    """

    def __init__(self, *command: str, folder: Path, patience: float = 60) -> None:
        self.command = command
        self.folder = folder
        self.patience = patience  # real seconds until the address must be there
        self.log = folder / "lab-server.log"

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            # A session of its own: Ctrl-C reaches the whole group, and this test must not be in it.
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=interruptible,
                env={**outside_make(), "CI": "true"},  # no browser is to pop up
            )
        try:
            self.address = self._wait_for_address()
        except BaseException:
            self._stop(signal.SIGKILL)
            raise
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop(signal.SIGINT)

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def url(self, path: str) -> str:
        """The address of *path* on the server, with the token."""
        return self.address.replace("/lab?", f"/{path}?")

    def _wait_for_address(self) -> str:
        ends = time.monotonic() + self.patience
        while time.monotonic() < ends:
            if found := ADDRESS.search(self.output):
                return found[0]
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"{' '.join(self.command)} printed no address:\n{self.output}")

    def _stop(self, signal_number: int) -> None:
        os.killpg(self.process.pid, signal_number)
        self.process.wait(timeout=30)
