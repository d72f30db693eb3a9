"""docs/instructor.md does what it says: every block of it is run, in a clone of its own."""

import csv
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.lab_server import LabServer, outside_make
from tests.submissions import ROOT, answered, known, write

PAGE = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
LESSON = "01_event_loop"


def test_every_block_is_one_that_is_run():
    assert PAGE.count("```") == 2 * len(BLOCKS)


def test_every_file_of_the_clone_that_is_linked_is_there():
    linked = re.findall(r"\]\((\.\.[^)]*)\)", PAGE)
    assert linked
    assert [path for path in linked if not (ROOT / "docs" / path).exists()] == []


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone in which the blocks have been run from the first to the last."""
    clone = tmp_path_factory.mktemp("instructor") / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    for block in BLOCKS:
        if block.strip() in ("make lab", "make lab-teacher"):
            with LabServer(*block.split(), folder=clone, patience=840):
                pass
        else:
            run(block, clone)
        if block.strip() == "make lab":
            answer(clone / "my-course" / LESSON)
    return clone


def run(block: str, folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-euc", block],
        cwd=folder,
        env=outside_make(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}"


def answer(folder: Path) -> None:
    """What a learner does in JupyterLab: one answer that is right, one that is not."""
    notebook = json.loads((folder / f"{LESSON}.ipynb").read_text(encoding="utf-8"))
    write(
        answered(
            notebook,
            fetch_all=known("fetch_all", "right_gather"),
            fetch_as_ready=known("fetch_as_ready", "wrong_input_order"),
        ),
        folder,
    )


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_page_leads_from_a_clone_to_feedback_and_a_table(clone):
    (feedback,) = (clone / "my-course" / LESSON / "feedback").glob(f"*/{LESSON}.html")
    text = feedback.read_text(encoding="utf-8")
    assert "has all fetches in flight together" in text
    assert text.count("<svg") == 2

    with (clone / "teacher" / "grades.csv").open(newline="") as file:
        scores = {row["assignment"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores.pop(LESSON) == 6.4
    assert set(scores.values()) == {0}  # handed in by nobody
