"""How nbgrader reads a submitted notebook: through us, so its own reader never sees what a learner wrote."""

import json
import weakref
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.converters.base import NbGraderException

from grader.hostile import UnreadableError, read_release
from grader.refusal import SandboxRefused
from grader.sandbox import Sandbox
from grader.sanitise import rebuilt
from grader.selftest import proven_sandbox


class RebuiltExporter(NotebookExporter):
    """In place of a file in submitted/: the released notebook with the learner's answers and own cells.

    nbgrader makes one before it touches anything, so this is where it is stopped if there is no sandbox.
    """

    sandbox: Sandbox

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        stack = ExitStack()
        try:
            self.sandbox = stack.enter_context(proven_sandbox())
        except SandboxRefused as refused:
            self.log.error("%s", refused)
            raise NbGraderException(str(refused)) from refused
        weakref.finalize(self, stack.close)  # at the end of the run, or of the process

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
