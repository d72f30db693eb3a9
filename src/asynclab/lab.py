"""JupyterLab, opened on the learner's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# JupyterLab's options, unless the learner gives another value.
OPTIONS = {
    # Only errors and the address, which the thirty lines of a normal start would hide.
    "log_level": "--Application.log_level=ERROR",
    # One Ctrl-C stops it, without "Shut down this server?" and five seconds to answer.
    "answer_yes": "--ServerApp.answer_yes=True",
    # Each kernel that starts would warn that its connection is not encrypted.
    "transport_encryption": "--KernelManager.transport_encryption=auto",
}


def start(folder: Path, arguments: Sequence[str]) -> int:
    """Becomes JupyterLab with *folder* as its root (on Windows: waits for it); returns its exit code.

    *arguments* go on to `jupyter lab`.
    """
    browser = "--no-browser" not in arguments and has_display(os.environ, sys.platform)
    where = "JupyterLab opens in your browser." if browser else "Open the address below in a browser."
    print(f"Your notebooks are in {folder}. {where} Ctrl-C here stops it.", flush=True)
    line = command(arguments, browser=browser, root=_is_root())
    os.chdir(folder)  # nbgrader reads its configuration from the folder where the server starts
    if sys.platform != "win32":
        os.execv(line[0], line)
    try:
        return subprocess.call(line)
    except KeyboardInterrupt:  # it was sent to JupyterLab, too, which is ending
        return 0


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


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0
