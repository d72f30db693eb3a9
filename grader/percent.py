"""Reads lessons: solutions/NN_topic.py, in jupytext's percent format.

    # %% setup                                what later cells need; runs for marks, too
    # %% demo                                 shows something; never runs for marks
    # %%                                      any other code
    # %% figure                               its picture can stand beside the lesson; or: demo figure
    # %% exercise="fetch_all"                 an answer; `build` puts its check cell below it
    # %% [markdown] source=["Q1.1"]           text; source: the rows of docs/source-map.md that it teaches
    # %% [markdown] reflection="q1" points=5  the answer that a person marks; the cell above it asks

In an answer and a reflection, `build` replaces what stands between ### BEGIN SOLUTION and ### END SOLUTION.
In text, {{exercise fetch_all}} becomes that exercise's numbers: *4 points · 10 minutes · ...*
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jupytext  # type: ignore[import-untyped]

from grader.lesson import BEGIN, END, Cell, Kind, Lesson, SourceError

_MARK = re.compile(r"#\s*%%")
_KEYS = {"title", "source", "exercise", "reflection", "points"}


def read_lessons(folder: Path) -> dict[str, Lesson]:
    """Every lesson of a folder, by name, in the order of their numbers."""
    return {path.stem: read_lesson(path) for path in sorted(folder.glob("[0-9][0-9]_*.py"))}


def read_lesson(path: Path) -> Lesson:
    """
    Raises: SourceError: if a mark or a solution region is not as this module's text lays down.
    """
    text = path.read_text(encoding="utf-8")
    lines = [number for number, line in enumerate(text.split("\n"), start=1) if _MARK.match(line)]
    parsed = jupytext.reads(text, fmt="py:percent").cells
    if len(lines) != len(parsed):
        raise SourceError(
            f"{path}: {len(lines)} lines begin with '# %%', but there are {len(parsed)} cells. "
            "Put a mark above the first cell and none inside a string."
        )
    cells = tuple(
        _cell(path, line + 1, raw.cell_type, dict(raw.metadata), raw.source)
        for line, raw in zip(lines, parsed, strict=True)
    )
    _require_unique_names(path, cells)
    _require_one_figure(path, cells)
    return Lesson(path.stem, path, cells)


def _cell(path: Path, line: int, cell_type: str, marks: dict[str, Any], body: str) -> Cell:
    marks.pop("lines_to_next_cell", None)  # jupytext's own note about blank lines
    where = f"{path}:{line - 1}"
    unknown = sorted(set(marks) - _KEYS)
    if unknown:
        raise SourceError(
            f"{where}: unknown mark {unknown[0]!r}. Known are {', '.join(sorted(_KEYS - {'title'}))}."
        )
    cell = Cell(
        kind=_kind(where, cell_type, marks),
        body=body,
        line=line,
        name=marks.get("exercise") or marks.get("reflection") or "",
        points=float(marks.get("points", 0)),
        sources=tuple(marks.get("source", ())),
        is_figure=marks.get("title") in ("figure", "demo figure"),
    )
    _require_solution_region(where, cell)
    if cell.kind == "reflection" and not cell.points > 0:
        raise SourceError(f"{where}: the reflection has no points. Write reflection={cell.name!r} points=5.")
    return cell


def _kind(where: str, cell_type: str, marks: Mapping[str, Any]) -> Kind:
    kinds: dict[tuple[str, str], Kind] = {
        ("code", ""): "code",
        ("code", "setup"): "setup",
        ("code", "demo"): "demo",
        ("code", "figure"): "code",
        ("code", "demo figure"): "demo",
        ("code", "exercise"): "answer",
        ("markdown", ""): "text",
        ("markdown", "reflection"): "reflection",
    }
    words = [key for key in ("exercise", "reflection") if key in marks]
    words += [marks["title"]] if "title" in marks else []
    kind = kinds.get((cell_type, " ".join(words)))
    if kind is None:
        raise SourceError(
            f"{where}: no such kind of cell: {cell_type} {' '.join(words)!r}. Code is marked setup, demo, "
            'figure, exercise="name" or nothing; [markdown] is marked reflection="name" or nothing.'
        )
    return kind


def _require_solution_region(where: str, cell: Cell) -> None:
    regions = [
        line.strip() for line in cell.body.split("\n") if "BEGIN SOLUTION" in line or "END SOLUTION" in line
    ]
    many = max(1, len(regions) // 2) if cell.kind == "answer" else 1  # one for each method of a class
    wanted = [BEGIN, END] * many if cell.kind in ("answer", "reflection") else []
    if regions != wanted:
        raise SourceError(
            f"{where}: a {cell.kind} cell holds {regions or 'no solution region'}; it should hold "
            + (f"one {BEGIN} and then one {END}." if wanted else "none: only answers and reflections do.")
        )


def _require_unique_names(path: Path, cells: tuple[Cell, ...]) -> None:
    seen: dict[str, Cell] = {}
    for cell in cells:
        if cell.name in seen and cell.name:
            raise SourceError(
                f"{path}:{cell.line - 1}: {cell.name!r} is already the cell at line {seen[cell.name].line}."
            )
        seen[cell.name] = cell


def _require_one_figure(path: Path, cells: tuple[Cell, ...]) -> None:
    figures = [cell.line - 1 for cell in cells if cell.is_figure]
    if len(figures) > 1:
        raise SourceError(
            f"{path}:{figures[1]}: only one figure can stand beside a lesson, and line {figures[0]} marks it."
        )
