import pytest

from asynclab import cli
from asynclab.doctor import Finding, module, package, program, python_version, read_pins


def test_a_healthy_setup_is_ok_in_every_line_the_course_needs(capsys):
    code = cli.main(["doctor"])
    report = capsys.readouterr().out
    assert code == 0, report
    assert "ok     A kernel starts and imports asynclab" in report
    assert report.endswith("Everything the course needs is there.\n")


def test_one_wrong_line_makes_the_exit_code_one(capsys, monkeypatch):
    monkeypatch.setattr("asynclab.doctor.examine", lambda clone: [Finding("No kernel starts", ok=False)])
    assert cli.main(["doctor"]) == 1
    assert capsys.readouterr().out.startswith("WRONG  No kernel starts\n")


def test_what_only_tests_need_makes_nothing_wrong(capsys, monkeypatch):
    missing = program("A browser for tests", "no-such-browser")
    monkeypatch.setattr("asynclab.doctor.examine", lambda clone: [missing])
    assert cli.main(["doctor"]) == 0
    assert capsys.readouterr().out.startswith(
        "note   A browser for tests: none found. The course works without it. "
        "On Debian or Ubuntu: sudo apt-get install no-such-browser\n"
    )


@pytest.mark.parametrize(("version", "ok"), [((3, 10, 9), False), ((3, 11, 0), True), ((3, 14, 0), False)])
def test_the_course_runs_on_python_3_11_to_3_13(version, ok):
    assert python_version(version).ok is ok


def test_a_missing_package_comes_with_the_line_that_installs_it():
    assert str(package("no-such-package")) == (
        "WRONG  no-such-package is not installed. In the course's clone: pip install -r requirements.lock"
    )


def test_another_release_than_the_locks_is_told_but_not_wrong():
    finding = package("pytest", {"1.0"})
    assert finding.ok
    assert finding.advice == "The course was tested with 1.0"


def test_a_build_of_the_locked_release_is_that_release(monkeypatch):
    monkeypatch.setattr("asynclab.doctor.version", lambda name: "2.13.0+cpu")
    assert package("torch", {"2.13.0"}).advice == ""


def test_a_package_that_is_there_but_broken_is_wrong(tmp_path, monkeypatch):
    (tmp_path / "broken_package.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    finding = module("broken_package", "fine")
    assert not finding.ok
    assert finding.what == "import broken_package failed: ZeroDivisionError: division by zero"


def test_the_lock_may_pin_a_package_differently_for_each_python(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "# made by\nnumpy==2.4 ; python_version < '3.12'\nnumpy==2.6 ; python_version >= '3.12'\n"
    )
    assert read_pins(lock) == {"numpy": {"2.4", "2.6"}}


def test_without_a_lock_the_packages_are_still_looked_for(tmp_path):
    assert read_pins(tmp_path / "requirements.lock") == {}
