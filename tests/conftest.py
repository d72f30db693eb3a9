"""What the machine may lack: a test that asks for it is reported as not run, and in CI as failed."""

import os
import shutil
from pathlib import Path
from typing import Any, NoReturn

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

from grader.refusal import SandboxRefused
from grader.runtime import Runtime, make_runtime

#: Files of tests that start nbgrader, JupyterLab, sandboxes or many processes, or try many random programs.
LONG = {
    "test_attacks",
    "test_bad_answers",
    "test_benchmarks",
    "test_build",
    "test_capstone",
    "test_cheats",
    "test_class_day",
    "test_conftest",
    "test_corpus",
    "test_counterexamples",
    "test_course_folder",
    "test_crowd",
    "test_grader_commands",
    "test_interfaces_wire",
    "test_grading",
    "test_judge",
    "test_judge_file",
    "test_live_doc",
    "test_live_kernel",
    "test_load",
    "test_lab",
    "test_mutation",
    "test_properties",
    "test_prove",
    "test_real",
    "test_rebuild",
    "test_runtime",
    "test_sandbox",
    "test_schedules",
    "test_selftest",
    "test_serving",
    "test_serving_front",
    "test_serving_fuzz",
    "test_serving_process",
    "test_setup",
    "test_steered_service",
    "test_solved",
    "test_wire",
    "test_wire_fuzz",
    "test_wire_traces",
}

#: Files of tests that share little and take long: each test goes to the process that is free. Of others a
#: file is run by one process, so that what it sets up is set up once.
TEST_BY_TEST = {"test_corpus", "test_mutation", "test_sandbox", "test_wire_traces"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem in LONG:
            item.add_marker(pytest.mark.long)


class ByFile(LoadScopeScheduling):
    """Which tests one process runs. Not xdist's own groups, which pytest 9.2 leaves without effect."""

    def _split_scope(self, nodeid: str) -> str:
        """What stays together with this test."""
        file = nodeid.partition("::")[0]
        return nodeid if Path(file).stem in TEST_BY_TEST else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a browser that Playwright can drive."""
    return program("chromium", "chromium-browser", "google-chrome", package="chromium")


@pytest.fixture(scope="session")
def bubblewrap() -> str:
    """The path of bwrap, which the sandbox is made with."""
    return program("bwrap", package="bubblewrap")


@pytest.fixture(scope="session")
def runtime(bubblewrap: str) -> Runtime:
    """What learners' code runs in for marks, made if it is not there."""
    try:
        return make_runtime(say=lambda text: None)
    except SandboxRefused as refused:
        not_run(str(refused))


def program(*names: str, package: str) -> str:
    """The path of the first of the programs that is there; without one the test does not run."""
    found = next(filter(None, map(shutil.which, names)), None)
    return found or not_run(f"needs {names[0]}: apt-get install {package}")


def not_run(reason: str) -> NoReturn:
    """Skips the test, saying why. In CI nobody reads that, so there it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"not run: {reason}")
    pytest.skip(reason)
