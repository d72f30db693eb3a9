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
