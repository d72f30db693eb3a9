"""How nbgrader reads a submitted notebook: through us, so its own reader never sees what a learner wrote."""

import json
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter

from asynclab.cells import Json
from grader.hostile import UnreadableError, read_release
from grader.sanitise import read_notebook

NOTES_CELL = "asynclab-notes"


class RebuiltExporter(NotebookExporter):
    """In place of a file in submitted/: the released notebook with the learner's answers and own cells."""

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> Any:
        path = Path(filename)
        course: Any = self.parent.coursedir  # type: ignore[union-attr]
        if path.parents[2].name != course.submitted_directory:  # one of ours, in autograded/
            return super().from_filename(filename, resources, **kw)
        assignment = path.parent.name
        released = read_release(
            Path(course.format_path(course.release_directory, ".", assignment)) / path.name
        )
        try:
            notebook = rebuilt(path, released)
        except UnreadableError as error:  # and the hook, which would have replaced it, has failed
            raise RuntimeError(f"`{path.name}` {error}") from error
        node = nbformat.reads(json.dumps(notebook), as_version=4)  # type: ignore[no-untyped-call]
        return self.from_notebook_node(node, resources, **kw)  # type: ignore[no-untyped-call]


def rebuilt(path: Path, released: Json) -> Json:
    """The notebook that is marked in place of a submitted one.

    Raises: UnreadableError
    """
    notebook, notes = read_notebook(path, released)
    names = {cell["id"] for cell in released["cells"]}
    for cell in notebook["cells"]:
        if cell["id"] not in names:
            cell["metadata"] = {"asynclab": {"kind": "own"}}
    if notes:
        text = "**About this submission**\n\n" + "\n".join(
            f"- {note[0].upper()}{note[1:]}." for note in notes
        )
        cell = {"cell_type": "markdown", "id": NOTES_CELL, "metadata": {}, "source": text}
        notebook["cells"].insert(0, cell)
    return notebook
