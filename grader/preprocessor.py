"""nbgrader's autograde with the judge's marks, in place of its steps that run a notebook and take its word.

The exporter that reads the submissions holds the sandbox (`exporter`), so grading does not even start where
there is none.
"""

import json
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Float

from grader.gradebook import put_mark
from grader.judge import mark
from grader.notebook_player import CellLimits
from grader.seeds import Seeds

_MARKS = "asynclab_marks"


class MarksFromTheJudge(NbGraderPreprocessor):  # type: ignore[misc]
    """Puts the verdicts and what the cells showed into the notebook."""

    cell_cpu_seconds = Float(CellLimits.cpu, help="CPU seconds that a cell may use.").tag(config=True)
    cell_seconds = Float(CellLimits.wall, help="Seconds after which a cell is stopped.").tag(config=True)
    notebook_seconds = Float(
        CellLimits.notebook, help="Seconds for all cells of a notebook, in however many processes they run."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        where = resources["nbgrader"]
        seeds = Seeds(self._course(), where["assignment"], where["student"])
        notebook = json.loads(nbformat.writes(nb))  # type: ignore[no-untyped-call]
        seed = seeds.of(where["notebook"], notebook)
        marked = mark(notebook, self.parent.sandbox, seed, self.limits)
        for remark in marked.remarks:
            self.log.warning("%s, %s: %s", where["student"], where["notebook"], remark)
        resources[_MARKS] = marked.marks
        return nbformat.reads(json.dumps(marked.notebook), as_version=4), resources  # type: ignore[no-untyped-call]

    @property
    def limits(self) -> CellLimits:
        return CellLimits(self.cell_cpu_seconds, self.cell_seconds, self.notebook_seconds)

    def _course(self) -> Path:
        return Path(self.parent.parent.coursedir.root)


class SaveMarks(SaveAutoGrades):  # type: ignore[misc]
    """Writes those marks into the gradebook. nbgrader's own way reads them from what the cells show."""

    gradebook: Any

    def _add_score(self, cell: NotebookNode, resources: Any) -> None:
        name = cell.metadata.nbgrader.grade_id
        grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        put_mark(grade, cell, resources[_MARKS].get(name))
        self.gradebook.db.commit()
