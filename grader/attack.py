"""Attacks on the marks: grader/attacks/*.py, each of them something that a learner might hand in.

A file begins with what is known of it, one line each, in this order:

    # tries: what it does, to which end
    # points: 0 6 0             that it must get for fetch_all, fetch_first and fetch_as_ready; ? for no mark
    # says: Not attempted       a part of what its author reads in the feedback; may be repeated
    # remark: was stopped       a part of what the instructor reads in the log; may be left out, or repeated
    # answered by: grader/sanitise.py     where that is prevented
    # nbgrader: passes it over  why `nbgrader autograde` gives it no row, where it does not
    # student: o'brien          the name that it is handed in under, when that is not the attack's

Below it stands what makes it differ from one notebook (of grader/attacks/lesson/), in which fetch_first is
answered well, so has its 6 points, and the other two are as they were handed out:

    # %% answer fetch_all       the text of that answer
    # %% own above fetch_all    a code cell of the learner's own, above that one
    # %% text above fetch_all   a text cell of their own
    # %% notebook               Python that changes `notebook`, as a tool would; `cell("fetch_all")` is a cell
    # %% folder                 Python that changes `folder`, where the notebook lies as `path`
"""

from __future__ import annotations

import copy
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asynclab import cells
from asynclab.cells import Json

LESSON = "01_event_loop"
EXERCISES = ("fetch_all", "fetch_first", "fetch_as_ready")

_PART = re.compile(r"# %% (answer|own above|text above|notebook|folder) ?(\w*)")
_FIELD = re.compile(r"# (tries|points|says|remark|answered by|nbgrader|student): (.+)")


class AttackError(Exception):
    """The text of an attack is not as this module's docstring lays down."""


@dataclass(frozen=True)
class Part:
    """One difference to the honest notebook. `cell` names the answer that it is about, if it is about one."""

    kind: str
    cell: str
    text: str


@dataclass(frozen=True)
class Attack:
    """What is handed in, and what must come of it."""

    name: str
    tries: str
    points: tuple[float | None, ...]
    says: tuple[str, ...]
    remarks: tuple[str, ...]
    answered_by: tuple[str, ...]
    passed_over: str  # why nbgrader does so; "" where it does not
    student: str
    parts: tuple[Part, ...]

    @classmethod
    def read(cls, path: Path) -> Attack:
        """
        Raises: AttackError
        """
        head, *texts = re.split(r"^(?=# %%)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        fields: dict[str, list[str]] = {}
        for line in filter(None, head.splitlines()):
            found = _FIELD.fullmatch(line)
            if not found:
                raise AttackError(f"{path.name}: {line!r} is nothing that is known of an attack")
            fields.setdefault(found[1], []).append(found[2])
        for name in ("tries", "points", "says", "answered by"):
            if name not in fields:
                raise AttackError(f"{path.name}: a line `# {name}: ...` is missing")
        return cls(
            path.stem,
            fields["tries"][0],
            tuple(None if each == "?" else float(each) for each in fields["points"][0].split()),
            tuple(fields["says"]),
            tuple(fields.get("remark", ())),
            tuple(re.split(r",\s*", fields["answered by"][0])),
            fields.get("nbgrader", [""])[0],
            fields.get("student", [path.stem])[0],
            tuple(_part(path, text) for text in texts),
        )

    def notebook(self, honest: Json) -> Json:
        """The notebook that is handed in, made from the honest one."""
        notebook = copy.deepcopy(honest)
        for part in self.parts:
            if part.kind == "answer":
                find(notebook, part.cell)["source"] = part.text
            elif part.kind == "notebook":
                self._run(part.text, notebook=notebook, cell=lambda name: find(notebook, name))
            elif part.kind != "folder":
                _add(notebook, part)
        return notebook

    def hand_in(self, honest: Json, course: Path) -> None:
        """Put it into the submitted/ of a teacher's folder."""
        folder = course / "submitted" / self.student / LESSON
        folder.mkdir(parents=True)
        path = folder / f"{LESSON}.ipynb"
        path.write_text(json.dumps(self.notebook(honest)), encoding="utf-8")
        (folder / "timestamp.txt").write_text("2026-11-25 12:00:00.000000 UTC", encoding="ascii")
        (folder / "submission_secret.txt").write_text(self.name, encoding="ascii")
        for part in self.parts:
            if part.kind == "folder":
                self._run(part.text, folder=folder, path=path)

    def _run(self, text: str, **names: Any) -> None:
        exec(compile(text, f"{self.name}.py", "exec"), {"copy": copy, "json": json, "os": os, **names})  # noqa: S102


def attacks(folder: Path) -> list[Attack]:
    """All of a folder, in the order of their names.

    Raises: AttackError
    """
    return [Attack.read(path) for path in sorted(folder.glob("*.py"))]


def find(notebook: Json, name: str) -> Json:
    """The cell with that grade id."""
    return next(cell for cell in notebook["cells"] if cells.grade_id(cell) == name)


def _part(path: Path, text: str) -> Part:
    mark, _, body = text.partition("\n")
    found = _PART.fullmatch(mark.rstrip())
    if not found or (found[2] in EXERCISES) != (found[1] not in ("notebook", "folder")):
        raise AttackError(f"{path.name}: {mark!r} is no part of an attack")
    return Part(found[1], found[2], body.strip("\n") + "\n")


def _add(notebook: Json, part: Part) -> None:
    kind = "code" if part.kind == "own above" else "markdown"
    own: Json = {
        "cell_type": kind,
        "id": f"mine-{len(notebook['cells'])}",
        "metadata": {},
        "source": part.text,
    }
    if kind == "code":
        own |= {"execution_count": None, "outputs": []}
    notebook["cells"].insert(notebook["cells"].index(find(notebook, part.cell)), own)
