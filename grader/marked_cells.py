"""Which cells of a submitted notebook run for marks, after it was rebuilt from the release.

Its metadata is then the release's, so it can be believed; only the text of answers and own cells is not.
"""

from __future__ import annotations

import re

from asynclab import cells
from asynclab.cells import Json

_CHECK = re.compile(r'check\("(\w+)"\)')


def runs(cell: Json) -> bool:
    """Whether the cell runs: set-up cells, the learner's own and answers do; demonstrations, pictures and
    checks do not."""
    if cells.cell_type(cell) != "code" or not cells.source(cell).strip():
        return False
    return cells.is_answer(cell) or cell["metadata"].get("asynclab", {}).get("kind") in ("setup", "own")


def exercise_of(cell: Json) -> str:
    """The exercise that the cell checks; "" for a cell that is no check of the course."""
    found = _CHECK.fullmatch(cells.source(cell).strip())
    return found[1] if found and gives_points(cell) else ""


def gives_points(cell: Json) -> bool:
    """Whether the cell is a locked one with points: a check of the course, or a test that a teacher added."""
    marks = cells.nbgrader(cell)
    return cells.cell_type(cell) == "code" and marks.get("grade") is True and not cells.is_answer(cell)


def points_of(cell: Json) -> float:
    """What a cell with points is worth."""
    return float(cells.nbgrader(cell)["points"])
