"""A notebook of the course in JupyterLab, used as a learner uses it: with mouse and keyboard."""

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

SCREENSHOTS = Path(__file__).parents[1] / "build" / "screenshots"
NUMBERED = re.compile(r"^\[\d+\]:$")  # the prompt of a cell that has run
SECONDS = 1000  # Playwright counts milliseconds


class NotebookPage:
    """One notebook, open, its kernel ready. A cell is named by its id or by how its source begins.

    notebook = NotebookPage(page, address, file)
    notebook.write("fetch_all", "async def fetch_all(store, keys): ...")
    notebook.run("fetch_all", "check_fetch_all")
    notebook.output("check_fetch_all")    # what stands below the cell
    """

    def __init__(self, page: Page, address: str, file: Path) -> None:
        self.page = page
        self.file = file
        self._last_run = ""
        self._cells: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["cells"]
        page.goto(address)
        # Cells that are out of sight are added later, when the browser has nothing else to do.
        expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(len(self._cells), timeout=30 * SECONDS)
        self.wait_until_idle()

    # -- cells

    def cell(self, name: str) -> Locator:
        """The cell with this id, or else the first one whose source begins so."""
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{self._index(name)}"]')

    def output(self, name: str) -> Locator:
        return self.cell(name).locator(".jp-Cell-outputArea")

    def checks(self) -> list[str]:
        """The ids of the cells that check an exercise, from top to bottom."""
        return [cell["id"] for cell in self._cells if cell["id"].startswith("check_")]

    def select(self, name: str) -> None:
        """Click beside the cell, so that keys are commands."""
        self._prompt(name).click()

    def write(self, name: str, source: str) -> None:
        """Put `source` in place of all that the cell holds."""
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)

    def add(self, source: str, *, below: str) -> str:
        """A new cell with this source; gives its name."""
        self.select(below)
        self.page.keyboard.press("b")
        index, name = self._index(below) + 1, f"new cell {len(self._cells)}"
        self._cells.insert(index, {"id": name, "cell_type": "code", "source": [source]})
        expect(self.page.locator(".jp-Notebook .jp-Cell")).to_have_count(len(self._cells))
        self.write(name, source)
        return name

    def _prompt(self, name: str) -> Locator:
        return self.cell(name).locator(".jp-InputArea-prompt")

    def _index(self, name: str) -> int:
        for index, cell in enumerate(self._cells):
            if cell["id"] == name:
                return index
        for index, cell in enumerate(self._cells):
            if "".join(cell["source"]).startswith(name):
                return index
        raise AssertionError(f"{self.file.name} has no cell {name!r}")

    # -- running them

    def start(self, name: str) -> None:
        """Run a cell and do not wait for its end."""
        self._last_run = name
        self.select(name)
        before = self._prompt(name).text_content() or ""
        self.page.keyboard.press("Control+Enter")
        expect(self._prompt(name)).not_to_have_text(before)

    def run(self, *names: str) -> None:
        """Run cells one after the other, each to its end."""
        for name in names:
            self.start(name)
            self.wait_until_done(name)

    def run_all(self) -> None:
        """Run > Run All Cells, and wait for the last one."""
        code = sum(cell["cell_type"] == "code" for cell in self._cells)
        prompts = self.page.locator(".jp-Notebook .jp-CodeCell .jp-InputArea-prompt")
        for _ in range(3):  # soon after the page has loaded, JupyterLab now and then drops the command
            self.choose("Run", "Run All Cells")
            try:
                expect(prompts.filter(has_text="[ ]")).not_to_have_count(code)
                break
            except AssertionError:
                continue
        expect(prompts.filter(has_text=re.compile(r"\[\d+\]"))).to_have_count(code, timeout=180 * SECONDS)
        self.wait_until_idle()

    def wait_until_done(self, name: str) -> None:
        expect(self._prompt(name)).to_have_text(NUMBERED, timeout=30 * SECONDS)
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        status = self.page.locator("#jp-main-statusbar").get_by_text("| Idle")
        expect(status).to_be_visible(timeout=30 * SECONDS)

    # -- JupyterLab around it

    def choose(self, menu: str, *items: str) -> None:
        """Click through a menu of the menu bar."""
        self.page.locator(".lm-MenuBar-item").get_by_text(menu, exact=True).click()
        for item in items:
            self.page.locator(".lm-Menu-itemLabel").get_by_text(item, exact=True).click()

    def interrupt(self) -> None:
        """Press the stop button."""
        self.page.get_by_role("button", name="Interrupt the kernel").click()

    def use_theme(self, name: str) -> None:
        self.choose("Settings", "Theme", name)
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-name", name)
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)

    def resize(self, width: int, height: int) -> None:
        """A window of this size, without the file browser where there is no room for it."""
        self.page.set_viewport_size({"width": width, "height": height})
        files = self.page.locator("#filebrowser")
        if width < 800 and files.is_visible():
            self.page.keyboard.press("Control+B")
            expect(files).to_be_hidden()

    def save(self) -> list[dict[str, Any]]:
        """Save the notebook; gives its cells as the file then holds them."""
        self.page.keyboard.press("Control+S")
        expect(self.page.locator(".jp-mod-dirty")).to_have_count(0)
        cells: list[dict[str, Any]] = json.loads(self.file.read_text(encoding="utf-8"))["cells"]
        return cells

    def screenshot(self, name: str, cell: str = "") -> None:
        """One cell, or else the window with the cell that ran last, as build/screenshots/NAME.png."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        if cell or self._last_run:
            self.cell(cell or self._last_run).evaluate("cell => cell.scrollIntoView({block: 'end'})")
        # What has just come into view is drawn in one of the next frames.
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        (self.cell(cell) if cell else self.page).screenshot(path=SCREENSHOTS / f"{name}.png")
