"""A lesson's workspace: what JupyterLab is given. That it opens so is seen in test_browser_live.py."""

import json
from pathlib import Path

import pytest

from asynclab.cli import main
from asynclab.workspace import NoSuchLesson, layout, save

ROOT = Path(__file__).parents[1]
FIGURE = {"cells": [{"metadata": {}}, {"metadata": {"tags": ["figure"]}}]}


def test_a_lesson_with_a_figure_has_it_on_the_right():
    data = layout("04/04.ipynb", "04", FIGURE)["data"]

    left, right = data["layout-restorer:data"]["main"]["dock"]["children"]
    assert (left["widgets"], right["widgets"]) == (["notebook:04/04.ipynb"], ["cloned-outputs:04/04.ipynb:1"])
    assert data["cloned-outputs:04/04.ipynb:1"]["data"] == {"path": "04/04.ipynb", "index": 1}


def test_a_lesson_without_one_has_the_whole_width():
    [only] = layout("a.ipynb", "a", {"cells": []})["data"]["layout-restorer:data"]["main"]["dock"]["children"]

    assert only["widgets"] == ["notebook:a.ipynb"]


def test_it_is_saved_where_jupyterlab_looks_for_it(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "settings"))
    (tmp_path / "04").mkdir()
    (tmp_path / "04" / "04.ipynb").write_text(json.dumps(FIGURE))

    assert save(tmp_path, "04") == "/lab/workspaces/04"

    [file] = (tmp_path / "settings").rglob("*.jupyterlab-workspace")
    assert json.loads(file.read_text())["metadata"]["id"] == "04"
    with pytest.raises(NoSuchLesson, match="has no lesson '05'; it has 04"):
        save(tmp_path, "05")


def test_a_lesson_that_is_not_there_is_a_sentence(tmp_path, capsys):
    assert main(["lab", "--folder", str(tmp_path / "course"), "--lesson", "nope"]) == 1
    assert "has no lesson 'nope'; it has 00_start_here, 01_event_loop" in capsys.readouterr().err


def test_the_cell_that_a_lesson_marks_as_its_figure_is_found_in_the_generated_notebook():
    name = "02_concurrency_and_parallelism"
    notebook = json.loads((ROOT / f"notebooks/{name}/{name}.ipynb").read_text(encoding="utf-8"))
    data = layout(f"{name}/{name}.ipynb", name, notebook)["data"]

    [index] = [panel["data"]["index"] for key, panel in data.items() if key.startswith("cloned-outputs:")]
    assert "".join(notebook["cells"][index]["source"]) == "await watch(item_by_item(paths, disk, table))"
