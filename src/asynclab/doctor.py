"""Finds out what is wrong with a set-up, and says what to do about it."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

NEEDED = (
    "jupyterlab",
    "nbgrader",
    "ipykernel",
    "ipython",
    "ipywidgets",
    "matplotlib",
    "nest-asyncio",
    "numpy",
    "torch",
)
INSTALL = "In the course's clone: pip install -r requirements.lock"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    what: str
    ok: bool = True
    advice: str = ""  # what to do; on a finding that is ok: what is worth knowing
    needed: bool = True  # for the course itself, not only for running its tests and grading

    def __str__(self) -> str:
        mark = "ok     " if self.ok else "WRONG  " if self.needed else "note   "
        return f"{mark}{self.what}" + (f". {self.advice}" if self.advice else "")


def examine(clone: Path) -> Iterator[Finding]:
    """Everything that the course needs, then what only tests and grading need; takes a few seconds."""
    yield python_version(sys.version_info[:3])
    pins = read_pins(clone / "requirements.lock")
    for name in NEEDED:
        yield package(name, pins.get(name))
    yield module("jupyterlab.labapp", "JupyterLab can be imported")
    yield module("nbgrader.apps", "nbgrader can be imported")
    yield kernel()
    yield program("A browser for tests", "chromium", "chromium-browser", "google-chrome")
    yield program("The sandbox for grading", "bwrap", package="bubblewrap")


def python_version(found: tuple[int, ...]) -> Finding:
    """Whether this Python is one that the course runs on."""
    what = f"Python {'.'.join(map(str, found))}"
    if (3, 11) <= found[:2] <= (3, 13):
        return Finding(what)
    return Finding(what, ok=False, advice="The course needs 3.11 to 3.13: make clean lab PYTHON=python3.12")


def read_pins(lock: Path) -> dict[str, set[str]]:
    """The versions that the lock allows each package; several where they differ by Python or platform."""
    pins: dict[str, set[str]] = {}
    if lock.is_file():
        text = lock.read_text(encoding="utf-8")
        for name, pinned in re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE):
            pins.setdefault(name, set()).add(pinned)
    return pins


def package(name: str, pinned: set[str] | None = None) -> Finding:
    """Whether the package is installed, and in the release that the course was tested with."""
    try:
        found = version(name)
    except PackageNotFoundError:
        return Finding(f"{name} is not installed", ok=False, advice=INSTALL)
    release = found.partition("+")[0]  # 2.13.0+cpu is a build of 2.13.0
    if pinned and release not in pinned:
        return Finding(f"{name} {found}", advice=f"The course was tested with {' or '.join(sorted(pinned))}")
    return Finding(f"{name} {found}")


def module(name: str, what: str) -> Finding:
    """Whether the module can be imported: a package may be installed and broken."""
    try:
        importlib.import_module(name)
    except Exception as error:  # a broken package raises anything at all
        reason = f"import {name} failed: {type(error).__name__}: {error}"
        return Finding(reason, ok=False, advice=f"{INSTALL} --force-reinstall")
    return Finding(what)


def kernel(patience: float = 30.0) -> Finding:
    """Whether a notebook's kernel starts within *patience* real seconds and finds asynclab."""
    advice = "Try: python -m ipykernel install --sys-prefix, then asynclab doctor"
    began = time.monotonic()
    try:
        from jupyter_client.manager import start_new_kernel

        manager, client = start_new_kernel(startup_timeout=patience, stderr=subprocess.DEVNULL)
    except Exception as error:  # whatever it is, it is the finding
        return Finding(f"No kernel starts: {type(error).__name__}: {error}", ok=False, advice=advice)
    try:
        reply = client.execute("import asynclab", reply=True, timeout=patience)["content"]
    except TimeoutError:
        return Finding(f"A kernel starts, but gives no answer in {patience:.0f} s", ok=False, advice=advice)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if reply["status"] != "ok":
        reason = f"{reply['ename']}: {reply['evalue']}"
        return Finding(f"A kernel cannot import asynclab: {reason}", ok=False, advice="Try: pip install -e .")
    return Finding(f"A kernel starts and imports asynclab ({time.monotonic() - began:.1f} s)")


def program(what: str, *names: str, package: str | None = None) -> Finding:
    """Whether one of the programs is on the path; what a learner can do without is only a note."""
    for name in names:
        if found := shutil.which(name):
            return Finding(f"{what}: {found}", needed=False)
    advice = f"The course works without it. On Debian or Ubuntu: sudo apt-get install {package or names[0]}"
    return Finding(f"{what}: none found", ok=False, advice=advice, needed=False)
