"""docs/how-a-mark-is-made.md names files and tests that are there."""

import re

import pytest

from tests.submissions import ROOT

PAGE = (ROOT / "docs" / "how-a-mark-is-made.md").read_text(encoding="utf-8")
THREATS = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize(("threat", "files", "tests"), THREATS)
def test_each_threat_is_answered_by_files_and_tests_that_are_there(threat, files, tests):
    named = re.findall(r"`([\w/]+\.py)`", files)
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []
    tested = re.findall(r"`(test_\w+\.py)(?:::(\w+))?`", tests)
    assert tested
    for name, function in tested:
        assert f"def {function}" in (ROOT / "tests" / name).read_text(encoding="utf-8")
