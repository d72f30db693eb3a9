"""The sketches of test_interfaces.py, with the right answers in another process."""

from pathlib import Path

import pytest
import test_interfaces

from asynclab.trial import Trial
from grader.wire_player import WirePlayer, start_process

FOREIGN = {"grader", "pytest", "test_interfaces"}
CHECKS = {
    name.removeprefix("check_"): check
    for name, check in vars(test_interfaces).items()
    if name.startswith("check_")
}


def answers() -> str:
    """The sketches without what only their tests need, which the process of an answer does not have."""
    text = Path(test_interfaces.__file__).read_text(encoding="utf-8")
    imports, sketches = text.split("# -- sketches\n")
    kept = [
        line
        for line in imports.splitlines()
        if line.startswith(("import ", "from ")) and line.split()[1].split(".")[0] not in FOREIGN
    ]
    return "\n".join([*kept, "def doubled(dice, rows):", "    return [2 * row for row in rows]", sketches])


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_right_answer_meets_its_check_over_the_wire(name):
    with WirePlayer([("answer.py", answers())], start_process) as player:
        for number in range(3):
            trial = Trial(player, 7, number)
            CHECKS[name](trial)
            assert [run.ending for run in trial.runs if run.stopped] == []
            assert trial.failure is None
