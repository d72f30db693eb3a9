"""One submission's way through the browser: fetched, solved, validated, handed in, marked, given back.

Learner and teacher each have their JupyterLab and share an exchange, as on one machine of a class.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from asynclab.exercise import all_exercises
from grader.notebook import source_notebook
from grader.percent import read_lesson
from grader.teacher_folder import update
from tests.jupyterlab_page import NotebookPage
from tests.lab_server import LabServer
from tests.nbgrader_pages import AssignmentList, Formgrader, screenshot

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

#: Beside the course's own lessons: `make lab` has not copied it, so it is fetched, and it has a reflection.
NAME = "first_homework"
HOMEWORK = """\
# %% [markdown]
# # One exercise and one question

# %% setup
from asynclab import check

# %% exercise="first_fetch"
async def first_fetch(store):
    ### BEGIN SOLUTION
    return await store.get("temperature")
    ### END SOLUTION


# %% [markdown]
# What does `await` do here?

# %% [markdown] reflection="why_await" points=5
# ### BEGIN SOLUTION
# It pauses this function until the reply is there. 5 points: says what goes on meanwhile.
# ### END SOLUTION
"""
ANSWER = 'async def first_fetch(store):\n    return await store.get("temperature")\n'
REFLECTION = "It waits for the reply while others go on."
COMMENT = "Who are the others?"
VERDICT = re.compile(r"Right\s*first_fetch, 1 of 1 point")

pytestmark = pytest.mark.browser


class School:
    """A teacher's folder, with the course and the homework released, and a place for a learner's."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.teacher, self.learner = root / "teacher", root / "my-course"
        self.run("grader", "teach", "--no-lab", "--folder", str(self.teacher), folder=ROOT)
        lesson = root / f"{NAME}.py"
        lesson.write_text(HOMEWORK, encoding="utf-8")
        list(update(self.teacher, {NAME: source_notebook(read_lesson(lesson), all_exercises())}))

    def run(self, *command: str, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", *command], cwd=folder, check=True, capture_output=True)

    @contextmanager
    def lab(self, role: str, *command: str) -> Iterator[LabServer]:
        folder = self.root / f"{role}-start"
        folder.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JUPYTER_CONFIG_DIR", str(folder / "settings"))  # else both had the same open tabs
            with LabServer(sys.executable, "-m", *command, "--port", "0", folder=folder) as server:
                yield server


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> School:
    monkeypatch.setenv("ASYNCLAB_EXCHANGE", str(tmp_path / "exchange"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # `python -m grader` works from any folder
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return School(tmp_path)


@pytest.fixture
def browser(chromium: str) -> Iterator[BrowserContext]:
    expect.set_options(timeout=15_000)  # ms; a busy machine is no failure
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS, headless=True)
        yield browser.new_context(viewport={"width": 1300, "height": 1000})
        browser.close()


def test_a_homework_goes_from_the_learner_to_the_teacher_and_back(
    school: School, browser: BrowserContext
) -> None:
    with (
        school.lab("learner", "asynclab", "lab", "--folder", str(school.learner)) as learners,
        school.lab("teacher", "grader", "teach", "--folder", str(school.teacher)) as teachers,
    ):
        learner, teacher = browser.new_page(), browser.new_page()
        fetch(learner, learners)
        solve(learner, learners, school.learner / NAME / f"{NAME}.ipynb")
        validate_and_submit(learner)
        school.run("nbgrader", "collect", NAME, folder=school.teacher)
        teacher.goto(teachers.address)
        student = autograde(teacher)
        mark_by_hand(teacher)
        give_back(teacher, student)
        read_feedback(learner)


def fetch(page: Page, lab: LabServer) -> None:
    page.goto(lab.address)
    assignments = AssignmentList(page)
    expect(assignments.downloaded).to_contain_text("00_start_here")  # `asynclab lab` has copied it
    expect(assignments.released).to_contain_text(NAME)
    assignments.press("Fetch", NAME, assignments.released)
    expect(assignments.downloaded).to_contain_text(NAME)
    screenshot(page, "round_trip_1_fetched")


def solve(page: Page, lab: LabServer, file: Path) -> None:
    notebook = NotebookPage(page, lab.url(f"lab/tree/{NAME}/{NAME}.ipynb"), file)
    notebook.write("first_fetch", ANSWER)
    notebook.cell("why_await").locator(".jp-MarkdownOutput").dblclick()
    notebook.write("why_await", REFLECTION)
    page.keyboard.press("Shift+Enter")
    notebook.save()
    screenshot(page, "round_trip_2_solved")


def validate_and_submit(page: Page) -> None:
    assignments = AssignmentList(page)
    dialog = assignments.validate(NAME, NAME)
    screenshot(page, "round_trip_3_validated")
    expect(dialog).to_contain_text("Success")
    dialog.get_by_role("button", name="OK").click()

    assignments.press("Submit", NAME, assignments.downloaded)
    expect(assignments.submitted).to_contain_text(NAME)
    screenshot(page, "round_trip_4_submitted")


def autograde(page: Page) -> str:
    """Gives the learner's name in the gradebook: the account that runs the test."""
    formgrader = Formgrader(page)
    formgrader.submissions(NAME).click()
    expect(formgrader.frame.get_by_text("needs autograding")).to_be_visible()
    student = formgrader.frame.locator("#main-table .student-id").inner_text()
    dialog = formgrader.press("autograde", student)
    screenshot(page, "round_trip_5_autograded")
    expect(dialog).to_contain_text(f"Successfully autograded '{NAME}' for student '{student}'")
    formgrader.close(dialog)
    expect(formgrader.row(student)).to_contain_text("needs manual grading")
    return student


def mark_by_hand(page: Page) -> None:
    formgrader = Formgrader(page)
    formgrader.open("Manual Grading", NAME, NAME, re.compile("Submission #1"))
    frame = formgrader.frame
    expect(frame.locator("#why_await")).to_have_class(re.compile("needs_manual_grade"))
    expect(frame.locator("body")).to_contain_text(VERDICT)
    expect(frame.locator('svg[role="img"]')).to_be_visible()
    formgrader.type("why_await", "3.5")
    formgrader.type("why_await-comment", COMMENT)
    screenshot(page, "round_trip_6_marked_by_hand")


def give_back(page: Page, student: str) -> None:
    formgrader = Formgrader(page)
    formgrader.open("Manual Grading", "Manage Assignments")
    formgrader.submissions(NAME).click()
    for step, said in (("generate-feedback", "generated"), ("release-feedback", "released")):
        dialog = formgrader.press(step, student)
        expect(dialog).to_contain_text(f"Successfully {said} feedback")
        formgrader.close(dialog)
    expect(formgrader.row(student)).to_contain_text("graded")
    screenshot(page, "round_trip_7_given_back")


def read_feedback(page: Page) -> None:
    assignments = AssignmentList(page)
    page.get_by_role("button", name="Refresh").locator("visible=true").first.click()
    assignments.press("Fetch Feedback", NAME, assignments.submitted)
    assignments.submitted.get_by_text("view feedback").click()
    page.locator(".jp-DirListing-item", has_text=f"{NAME}.html").dblclick()
    feedback = page.frame_locator(".jp-HTMLViewer iframe").locator("body")
    expect(feedback).to_contain_text(VERDICT)
    expect(feedback).to_contain_text(COMMENT)
    expect(feedback).to_contain_text("(Score: 4.5 / 6.0)")
    expect(feedback.locator('svg[role="img"]')).to_be_visible()
    screenshot(page, "round_trip_8_feedback")
    feedback.get_by_text(COMMENT).scroll_into_view_if_needed()
    screenshot(page, "round_trip_9_comment")
