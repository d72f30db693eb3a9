"""A JupyterLab workspace for one lesson: the notebook left, its live figure, if it has one, right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: The tag of the cell whose output a lesson wants beside it.
FIGURE = "figure"


class NoSuchLesson(LookupError):
    """The folder has no notebook of that name; the message names those that it has."""


def save(folder: Path, lesson: str) -> str:
    """Give JupyterLab the workspace of a lesson in this course folder; returns the page that opens it."""
    from jupyterlab.commands import get_workspaces_dir
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    path = f"{lesson}/{lesson}.ipynb"
    if not (folder / path).is_file():
        found = ", ".join(sorted(file.stem for file in folder.glob("*/*.ipynb")))
        raise NoSuchLesson(f"{folder} has no lesson {lesson!r}; it has {found or 'none'}.")
    notebook = json.loads((folder / path).read_text(encoding="utf-8"))
    WorkspacesManager(get_workspaces_dir()).save(lesson, json.dumps(layout(path, lesson, notebook)))
    return f"/lab/workspaces/{lesson}"


def layout(path: str, name: str, notebook: dict[str, Any]) -> dict[str, Any]:
    """What JupyterLab restores; the figure is a second view of a cell's output, on the same kernel."""
    panels: dict[str, Any] = {f"notebook:{path}": {"data": {"path": path, "factory": "Notebook"}}}
    cells = enumerate(notebook.get("cells", []))
    index = next((i for i, cell in cells if FIGURE in cell.get("metadata", {}).get("tags", [])), None)
    if index is not None:
        panels[f"cloned-outputs:{path}:{index}"] = {"data": {"path": path, "index": index}}
    columns = [{"type": "tab-area", "currentIndex": 0, "widgets": [panel]} for panel in panels]
    sizes = [1.0] if len(columns) == 1 else [0.55, 0.45]
    area = {"type": "split-area", "orientation": "horizontal", "sizes": sizes, "children": columns}
    main = {"dock": area, "current": f"notebook:{path}"}
    sides = {side: {"collapsed": True, "widgets": []} for side in ("left", "right")}
    return {
        "data": {"layout-restorer:data": {"main": main, **sides}, **panels},
        "metadata": {"id": name},
    }
