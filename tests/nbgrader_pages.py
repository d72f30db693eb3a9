"""nbgrader in JupyterLab, used with the mouse: a learner's Assignment List, a teacher's Formgrader."""

import re

from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.jupyterlab_page import SCREENSHOTS, SECONDS

WHOLE_NOTEBOOK = 60 * SECONDS  # for what runs all cells in a new kernel, or writes them as HTML


def choose_nbgrader(page: Page, item: str) -> None:
    page.locator(".lm-MenuBar-item").get_by_text("Nbgrader", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text(item, exact=True).click()


def screenshot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


class AssignmentList:
    """The learner's page: what is released, what is downloaded, what is handed in."""

    def __init__(self, page: Page) -> None:
        self.page = page
        choose_nbgrader(page, "Assignment List")
        self.released = page.locator("#released_assignments_list")
        self.downloaded = page.locator("#fetched_assignments_list")
        self.submitted = page.locator("#submitted_assignments_list")

    def press(self, button: str, assignment: str, within: Locator) -> None:
        self._row(assignment, within).get_by_role("button", name=re.compile(button, re.IGNORECASE)).click()

    def validate(self, assignment: str, notebook: str) -> Locator:
        """Press Validate beside a notebook; gives the dialog that answers."""
        self._row(assignment, self.downloaded).get_by_text(assignment, exact=True).first.click()
        self._row(notebook, self._row(assignment, self.downloaded)).get_by_role(
            "button", name="Validate"
        ).click()
        dialog = self.page.locator(".jp-Dialog")
        expect(dialog).to_be_visible(timeout=WHOLE_NOTEBOOK)
        return dialog

    @staticmethod
    def _row(name: str, within: Locator) -> Locator:
        return within.locator(".list_item", has_text=name).first


class Formgrader:
    """The teacher's page, which is a web site of its own inside JupyterLab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        choose_nbgrader(page, "Formgrader")
        self.frame: FrameLocator = page.frame_locator("iframe[src*='formgrader']")

    def open(self, *links: str | re.Pattern[str]) -> None:
        """Click through links, one page after the other."""
        for link in links:
            self.frame.get_by_role("link", name=link).locator("visible=true").first.click()

    def submissions(self, assignment: str) -> Locator:
        """The number in the column of submissions, which leads to them."""
        row = self.frame.locator("tr", has=self.frame.get_by_text(assignment, exact=True))
        return row.locator(".num-submissions a")

    def row(self, student: str) -> Locator:
        """The line of a student in Manage Submissions."""
        return self.frame.locator("#main-table tr", has=self.frame.get_by_text(student, exact=True))

    def press(self, button: str, student: str) -> Locator:
        """Press a button in the line of a student, named by its column; gives the dialog that answers."""
        self.row(student).locator(f".{button} a").click()
        dialog = self.frame.locator(".modal-dialog")
        expect(dialog).to_be_visible(timeout=WHOLE_NOTEBOOK)
        return dialog

    def close(self, dialog: Locator) -> None:
        dialog.get_by_role("button", name="OK").click()
        expect(dialog).to_have_count(0)

    def type(self, field: str, text: str) -> None:
        """Type into a field of a submission and leave it; formgrader saves by itself."""
        box = self.frame.locator(f"[id='{field}']")
        box.fill(text)
        with self.page.expect_response(
            lambda answer: (
                answer.request.method == "PUT" and re.search("/api/(grade|comment)/", answer.url) is not None
            )
        ) as saved:
            box.blur()
        assert saved.value.ok
