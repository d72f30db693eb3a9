"""What learners hand in: a released notebook with answers, own cells, and whatever else they do to it."""

import copy
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "grader" / "corpus"

Notebook = dict[str, Any]


def released(name: str = "01_event_loop") -> Notebook:
    return json.loads((ROOT / "notebooks" / name / f"{name}.ipynb").read_text(encoding="utf-8"))


def known(exercise: str, answer: str) -> str:
    """A known answer: known("fetch_all", "right_gather")."""
    return (CORPUS / exercise / f"{answer}.py").read_text(encoding="utf-8")


RIGHT = {
    "fetch_all": known("fetch_all", "right_gather"),
    "fetch_first": known("fetch_first", "right_wait"),
    "fetch_as_ready": known("fetch_as_ready", "right_as_completed"),
}


def answered(notebook: Notebook, **answers: str) -> Notebook:
    """The notebook with these texts in its answer cells: answered(released(), fetch_all="...")."""
    notebook = copy.deepcopy(notebook)
    for name, text in answers.items():
        cell(notebook, name)["source"] = text
    return notebook


def with_own_cell(notebook: Notebook, text: str, *, above: str) -> Notebook:
    """The notebook with one more code cell, above the cell of that id."""
    notebook = copy.deepcopy(notebook)
    own = {
        "cell_type": "code",
        "execution_count": None,
        "id": f"above-{above}",
        "metadata": {},
        "outputs": [],
        "source": text,
    }
    notebook["cells"].insert(notebook["cells"].index(cell(notebook, above)), own)
    return notebook


def worth(notebook: Notebook) -> dict[str, float]:
    """What each check of a notebook is worth, by its exercise, in order."""
    return {
        grade_id(each).removeprefix("check_"): each["metadata"]["nbgrader"]["points"]
        for each in notebook["cells"]
        if grade_id(each).startswith("check_")
    }


def cell(notebook: Notebook, name: str) -> dict[str, Any]:
    """The cell of that id, or that grade id."""
    return next(each for each in notebook["cells"] if name in (each["id"], grade_id(each)))


def grade_id(of: dict[str, Any]) -> str:
    return of["metadata"].get("nbgrader", {}).get("grade_id", "")


def write(notebook: object, folder: Path, name: str = "01_event_loop") -> Path:
    """Save the notebook to *folder* under the file name of its lesson."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path
