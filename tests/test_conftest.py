import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import program


def test_a_test_whose_program_is_missing_is_reported_as_not_run(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs no-such-browser: apt-get install browser"):
        program("no-such-browser", package="browser")


def test_in_ci_a_test_that_cannot_run_is_a_failure(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="not run: needs no-such-browser"):
        program("no-such-browser", package="browser")


def test_the_first_program_that_is_there_is_used():
    assert program("no-such-shell", "sh", package="dash").endswith("/sh")


def test_side_by_side_a_file_is_run_by_one_process():
    """Each of these files would else be set up by both; there are many tests, so chance does not do it."""
    files = [str(Path(__file__).with_name(name)) for name in ("test_seeds.py", "test_quantiles.py")]
    options = ["-n", "2", "-v", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *files], capture_output=True, check=True, text=True
    )
    ran = [line.split() for line in done.stdout.splitlines() if line.startswith("[gw")]
    processes = {(worker, test.partition("::")[0]) for worker, *_, test in ran}

    assert len(ran) > 10
    assert len(processes) == 2
