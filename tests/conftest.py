"""What the machine may lack: a test that asks for it is reported as not run, and in CI as failed."""

import os
import shutil
from typing import NoReturn

import pytest


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a browser that Playwright can drive."""
    return program("chromium", "chromium-browser", "google-chrome", package="chromium")


@pytest.fixture(scope="session")
def bubblewrap() -> str:
    """The path of bwrap, which the sandbox is made with."""
    return program("bwrap", package="bubblewrap")


def program(*names: str, package: str) -> str:
    """The path of the first of the programs that is there; without one the test does not run."""
    found = next(filter(None, map(shutil.which, names)), None)
    return found or not_run(f"needs {names[0]}: apt-get install {package}")


def not_run(reason: str) -> NoReturn:
    """Skips the test, saying why. In CI nobody reads that, so there it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"not run: {reason}")
    pytest.skip(reason)
