"""Run All in a real kernel, of every lesson as it is handed out and with the answers in place."""

import json
import os

import nbformat
import pytest
from nbclient import NotebookClient

from asynclab.exercise import all_exercises
from grader.notebook import solved_notebook
from grader.percent import read_lessons
from grader.repository import Repository

LESSONS = read_lessons(Repository().solutions)

#: Run below each cell: the tasks of the lesson's that live on; what a demo leaves in flight may end first.
#: The kernel's own tasks come from its packages.
SURVIVORS = """
import asyncio as _asyncio, json as _json
_ours = [
    task for task in _asyncio.all_tasks()
    if task is not _asyncio.current_task() and "site-packages" not in task.get_coro().cr_code.co_filename
]
_alive = (await _asyncio.wait(_ours, timeout=2.0))[1] if _ours else []
print(_json.dumps([repr(task) for task in _alive]))
"""

pytestmark = pytest.mark.slow


def handed_out(lesson):
    return Repository().notebook(lesson.name).read_text(encoding="utf-8")


def with_answers(lesson):
    return solved_notebook(lesson, all_exercises())


def run_all(text, folder):
    """The notebook with its outputs, and below each cell a cell that prints which tasks live on."""
    notebook = nbformat.reads(text, as_version=4)
    notebook.cells = [
        cell
        for original in notebook.cells
        for cell in (original, nbformat.v4.new_code_cell(SURVIVORS))[: 1 + (original.cell_type == "code")]
    ]
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=dict(os.environ))
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("state", [handed_out, with_answers], ids=["as handed out", "with answers"])
@pytest.mark.parametrize("lesson", LESSONS.values(), ids=list(LESSONS))
def test_run_all_reaches_the_end_and_no_task_survives_its_cell(lesson, state, tmp_path):
    cells = run_all(state(lesson), tmp_path)
    survivors = {
        cell.source: json.loads(probe.outputs[0].text)
        for cell, probe in zip(cells[::2], cells[1::2], strict=True)
    }

    assert {source: tasks for source, tasks in survivors.items() if tasks} == {}
