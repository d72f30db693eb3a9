"""The sketches of test_interfaces.py and test_interfaces_05.py, with the right answers in another process."""

from pathlib import Path

import pytest
import test_interfaces
import test_interfaces_05

from asynclab.trial import Trial
from grader.wire_player import WirePlayer, start_process

FOREIGN = {"grader", "pytest", "test_interfaces"}
HEAVY = {"adaptive_limiter", "admission"}
CHECKS = {
    name.removeprefix("check_"): (module, check)
    for module in (test_interfaces, test_interfaces_05)
    for name, check in vars(module).items()
    if name.startswith("check_")
}


def answers(module) -> str:
    """The module without what only its tests need, which the process of an answer does not have."""
    text = Path(module.__file__).read_text(encoding="utf-8")
    imports, sketches = text.split("# -- sketches\n")
    kept = [
        line
        for line in imports.splitlines()
        if line.startswith(("import ", "from ")) and line.split()[1].split(".")[0] not in FOREIGN
    ]
    return "\n".join([*kept, "def doubled(dice, rows):", "    return [2 * row for row in rows]", sketches])


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_right_answer_meets_its_check_over_the_wire(name):
    module, check = CHECKS[name]
    with WirePlayer([("answer.py", answers(module))], start_process) as player:
        for number in range(1 if name in HEAVY else 3):
            trial = Trial(player, 7, number)
            check(trial)
            assert [run.ending for run in trial.runs if run.stopped] == []
            assert trial.failure is None
