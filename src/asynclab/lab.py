"""JupyterLab, opened on the learner's folder, or on the teacher's with all that grading needs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

Role = Literal["learner", "teacher"]

# What JupyterLab shows to whom: a folder of Jupyter's settings for each role that differs from the default.
SETTINGS = Path(__file__).parent / "jupyter"

# JupyterLab's options, unless the learner gives another value.
OPTIONS = {
    # Only errors and the address, which the thirty lines of a normal start would hide.
    "log_level": "--Application.log_level=ERROR",
    # One Ctrl-C stops it, without "Shut down this server?" and five seconds to answer.
    "answer_yes": "--ServerApp.answer_yes=True",
    # Each kernel that starts would warn that its connection is not encrypted.
    "transport_encryption": "--KernelManager.transport_encryption=auto",
}


def start(folder: Path, arguments: Sequence[str], role: Role = "learner") -> int:
    """Becomes JupyterLab with *folder* as its root (on Windows: waits for it); returns its exit code.

    *arguments* go on to `jupyter lab`.
    """
    browser = "--no-browser" not in arguments and has_display(os.environ, sys.platform)
    what = "Your notebooks are" if role == "learner" else "The course is"
    where = "JupyterLab opens in your browser." if browser else "Open the address below in a browser."
    print(f"{what} in {folder}. {where} Ctrl-C here stops it.", flush=True)
    line = command(arguments, browser=browser, root=_is_root())
    variables = environment(os.environ, role)
    os.chdir(folder)  # nbgrader reads its configuration from the folder where the server starts
    if sys.platform != "win32":
        os.execve(line[0], line, variables)
    try:
        return subprocess.call(line, env=variables)
    except KeyboardInterrupt:  # it was sent to JupyterLab, too, which is ending
        return 0


def environment(inherited: Mapping[str, str], role: Role) -> dict[str, str]:
    """The environment of JupyterLab: nbgrader finds its programs, and each role the settings made for it."""
    variables = dict(inherited)
    programs = str(Path(sys.executable).parent)  # nbgrader calls `alembic` by its bare name
    variables["PATH"] = _joined(programs, inherited.get("PATH"))
    settings = SETTINGS / role
    if settings.is_dir():
        variables["JUPYTER_CONFIG_PATH"] = _joined(str(settings), inherited.get("JUPYTER_CONFIG_PATH"))
    return variables


def command(arguments: Sequence[str], *, browser: bool, root: bool) -> list[str]:
    """The command line of JupyterLab. It refuses an option that is given twice, so each is given once."""
    line = [sys.executable, "-m", "jupyterlab", *arguments]
    given = " ".join(arguments).replace("-", "_")
    line += [option for name, option in OPTIONS.items() if name not in given]
    if not browser and "--no-browser" not in arguments:
        line += ["--no-browser"]
    if root and "--allow-root" not in arguments:
        line += ["--allow-root"]
    return line


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser opened from here would be seen: not over ssh, in CI, or without a Linux desktop."""
    if environment.get("CI") or environment.get("SSH_CONNECTION"):
        return False
    if platform in ("win32", "darwin"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def _joined(first: str, others: str | None) -> str:
    return os.pathsep.join([first, others] if others else [first])


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0
