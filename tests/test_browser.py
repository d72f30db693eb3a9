"""The course in a real browser: what a learner types, presses, sees and reads.

JupyterLab is the one that `make lab` starts. Each test has it as it was installed, a notebook as it was
released, and leaves a screenshot of its end in build/screenshots/.
"""

import json
import re
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, expect, sync_playwright

from asynclab.exercise import all_exercises
from tests.jupyterlab_page import NotebookPage
from tests.lab_server import LabServer, make_lab

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*/*.ipynb"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WINDOW = {"width": 1200, "height": 1000}

ONE_BY_ONE = """\
async def fetch_all(store, keys):
    values = []
    for key in keys:
        values.append(await store.get(key))
    return values
"""
TOGETHER = """\
async def fetch_all(store, keys):
    return await asyncio.gather(*[store.get(key) for key in keys])
"""

ALL_POINTS = sum(exercise.points for exercise in all_exercises().values())

pytestmark = pytest.mark.browser

OpenNotebook = Callable[[str], NotebookPage]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """JupyterLab by `make lab`, with a course folder and settings of its own."""
    here = tmp_path_factory.mktemp("lab")
    course, settings = here / "my-course", here / "settings"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_CONFIG_DIR", str(settings))
        patch.setenv("IPYTHONDIR", str(here / "ipython"))
        with LabServer(*make_lab(course), folder=here) as server:
            yield SimpleNamespace(server=server, course=course, settings=settings)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[BrowserContext]:
    """One profile for all tests, so that JupyterLab's scripts are loaded only once."""
    expect.set_options(timeout=15_000)  # ms; a busy machine is no failure
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS, headless=True)
        yield browser.new_context(viewport=WINDOW)
        browser.close()


@pytest.fixture
def open_notebook(
    lab: SimpleNamespace, browser: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[OpenNotebook]:
    shutil.rmtree(lab.settings, ignore_errors=True)
    (lab.course / ".asynclab" / "progress.jsonl").unlink(missing_ok=True)
    opened: list[NotebookPage] = []

    def open_notebook(name: str) -> NotebookPage:
        path = f"{name}/{name}.ipynb"
        shutil.copy(ROOT / "notebooks" / path, lab.course / path)
        address = lab.server.url(f"lab/tree/{path}") + "&reset"
        opened.append(NotebookPage(browser.new_page(), address, lab.course / path))
        return opened[-1]

    yield open_notebook
    for notebook in opened:
        notebook.screenshot(re.sub(r"\W+", "_", request.node.name.removeprefix("test_")).strip("_"))
        notebook.page.close()
    for session in json.loads(ask(lab.server, "GET", "api/sessions")):
        ask(lab.server, "DELETE", f"api/sessions/{session['id']}")


def ask(server: LabServer, method: str, path: str) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(server.url(path), method=method)) as answer:
        body: bytes = answer.read()
        return body


def picture_in(output: Locator) -> Locator:
    return output.locator('svg[role="img"]')


# --- answers and their verdicts ----------------------------------------------------------------------------


def test_a_wrong_answer_is_told_what_was_seen_and_why_with_a_picture(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook("01_event_loop")
    notebook.run("import asyncio")
    notebook.write("fetch_all", ONE_BY_ONE)
    notebook.run("fetch_all", "check_fetch_all")

    verdict = notebook.output("check_fetch_all")
    expect(verdict).to_contain_text("Not yet")
    expect(verdict).to_contain_text("saw 1 at most")
    expect(verdict).to_contain_text("Each fetch waits for the one before it")
    expect(picture_in(verdict)).to_be_visible()
    expect(picture_in(verdict)).to_have_attribute("aria-label", re.compile("calls, at most 1 in flight"))


def test_a_right_answer_is_told_so_with_a_picture(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook("01_event_loop")
    notebook.run("import asyncio")
    notebook.write("fetch_all", TOGETHER)
    notebook.run("fetch_all", "check_fetch_all")

    verdict = notebook.output("check_fetch_all")
    expect(verdict).to_contain_text("Right")
    expect(verdict).to_contain_text("4 of 4 points")
    expect(picture_in(verdict)).to_be_visible()
    expect(picture_in(verdict)).to_have_attribute(
        "aria-label", re.compile(r"(\d+) calls, at most \1 in flight")
    )


def test_a_verdict_is_one_output_and_still_there_when_the_notebook_is_opened_again(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook("01_event_loop")
    notebook.run("import asyncio")
    notebook.write("fetch_all", TOGETHER)
    notebook.run("fetch_all", "check_fetch_all")
    notebook.save()
    notebook.page.reload()

    verdict = notebook.output("check_fetch_all")
    expect(verdict.locator(".jp-OutputArea-child")).to_have_count(1)
    expect(picture_in(verdict)).to_be_visible()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("await asyncio.Event().wait()", "nobody can wake what waits"),
        ("while True: pass", "computed for 1 s"),
    ],
    ids=["waits", "computes"],
)
def test_an_answer_that_never_ends_is_stopped_and_the_next_cell_works(
    open_notebook: OpenNotebook, line: str, why: str
) -> None:
    notebook = open_notebook("01_event_loop")
    notebook.run("import asyncio")
    notebook.write("fetch_all", f"async def fetch_all(store, keys):\n    {line}")
    notebook.run("fetch_all", "check_fetch_all")

    expect(notebook.output("check_fetch_all")).to_contain_text("Stopped")
    expect(notebook.output("check_fetch_all")).to_contain_text(why)
    expect(notebook.output("check_fetch_all")).to_contain_text(f"line 2: {line}")

    notebook.write("fetch_all", TOGETHER)
    notebook.run("fetch_all", "check_fetch_all")
    expect(notebook.output("check_fetch_all")).to_contain_text("Right")


def test_the_stop_button_ends_a_long_check(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook("01_event_loop")
    notebook.run("import asyncio", "fetch_all", "check_fetch_all")  # the first check loads all exercises
    # It waits on the real clock, which no world can turn, so it would go on until the limit of 10 s.
    notebook.write(
        "fetch_all",
        "import select\n\nasync def fetch_all(store, keys):\n    while True: select.select([], [], [], 0.01)",
    )
    notebook.run("fetch_all")
    notebook.start("check_fetch_all")
    notebook.interrupt()
    notebook.wait_until_done("check_fetch_all")

    expect(notebook.output("check_fetch_all")).to_contain_text("Stopped")
    expect(notebook.output("check_fetch_all")).to_contain_text("You interrupted it")
    expect(notebook.output("check_fetch_all")).to_contain_text("line 4")
    next_cell = notebook.add("6 * 7", below="check_fetch_all")
    notebook.run(next_cell)
    expect(notebook.output(next_cell)).to_contain_text("42")


def test_an_exercise_is_done_with_the_keyboard_alone(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook("00_start_here")
    keyboard = notebook.page.keyboard
    while not notebook.cell("first_fetch").get_attribute("class").count("jp-mod-active"):
        keyboard.press("Shift+Enter")
    keyboard.press("Enter")  # from the cell into its text
    keyboard.press("Control+End")
    keyboard.press("Shift+Home")  # the line that raises NotImplementedError, from where it begins
    keyboard.type('return await store.get("temperature")')
    keyboard.press("Shift+Enter")
    keyboard.press("Shift+Enter")
    notebook.wait_until_done("check_first_fetch")

    expect(notebook.output("check_first_fetch")).to_contain_text("Right")


# --- the rest of a lesson ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [*NOTEBOOKS[:2], *(pytest.param(name, marks=pytest.mark.slow) for name in NOTEBOOKS[2:])]
)
def test_run_all_on_an_untouched_notebook_reaches_its_end(open_notebook: OpenNotebook, name: str) -> None:
    notebook = open_notebook(name)
    notebook.run_all()

    for check in notebook.checks():
        expect(notebook.output(check)).to_contain_text("Not attempted")
    outputs = [output for cell in notebook.save() for output in cell.get("outputs", [])]
    assert [output for output in outputs if output["output_type"] == "error"] == []
    assert [output for output in outputs if output.get("name") == "stderr"] == []


def test_what_the_machine_says_is_one_table_that_stays(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook("02_concurrency_and_parallelism")
    notebook.run("import asyncio", 'await machine.four_ways("wait")')

    table = notebook.output('await machine.four_ways("wait")').locator("table")
    expect(table).to_have_count(1)
    expect(table.get_by_role("row", name="4 processes")).to_contain_text("false")
    expect(table.locator("progress")).to_have_count(0)


def test_a_guess_is_answered_by_the_run(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook("01_event_loop")
    notebook.run("import asyncio", "store = Store")
    notebook.write('predict("made_early"', 'predict("made_early", 0.3)')
    notebook.run('predict("made_early"', "await watch(made_early")

    expect(notebook.output('predict("made_early"')).to_contain_text("You say 0.3 s. Now run the next cell.")
    run = notebook.output("await watch(made_early")
    expect(run).to_contain_text(re.compile(r"You said 0\.3 s; it took about 0\.6\d s\."))
    expect(picture_in(run)).to_be_visible()


def test_hints_come_one_by_one_and_our_answer_on_request(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook("01_event_loop")
    notebook.run("import asyncio")
    hint = notebook.add('hint("fetch_first")', below="check_fetch_first")
    notebook.run(hint)
    expect(notebook.output(hint).locator("p")).to_have_count(1)
    notebook.run(hint)
    expect(notebook.output(hint).locator("p")).to_have_count(2)

    answer = notebook.add('solution("fetch_first")', below=hint)
    notebook.run(answer)
    expect(notebook.output(answer)).to_contain_text("has not passed yet")
    notebook.write(answer, 'solution("fetch_first", anyway=True)')
    notebook.run(answer)
    expect(notebook.output(answer)).to_contain_text("async def fetch_first")
    standing = notebook.add("progress()", below=answer)
    notebook.run(standing)
    expect(notebook.output(standing)).to_contain_text(f"0 of {ALL_POINTS:g} points so far")


# --- can it be read? ---------------------------------------------------------------------------------------

#: The contrast of each text in an element, from 1 to 21, as WCAG 2 defines it, lowest first.
CONTRASTS = """
output => {
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
    const over = ([r, g, b, alpha = 1], below) =>
        [r, g, b].map((value, i) => alpha * value + (1 - alpha) * below[i]);
    const behind = element => element === null ? [255, 255, 255]
        : over(numbers(getComputedStyle(element).backgroundColor), behind(element.parentElement));
    const luminance = ([r, g, b]) => [r, g, b]
        .map(value => value / 255)
        .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
    const contrast = element => {
        const style = getComputedStyle(element), ground = behind(element);
        const ink = over(numbers(element.tagName === "text" ? style.fill : style.color), ground);
        const [dark, light] = [luminance(ink), luminance(ground)].sort((a, b) => a - b);
        return (light + 0.05) / (dark + 0.05);
    };
    const found = [], texts = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (texts.currentNode.data.trim() && !["title", "desc"].includes(element.tagName))
            found.push([contrast(element), texts.currentNode.data]);
    }
    return found.sort((a, b) => a[0] - b[0]);
}
"""


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_verdicts_and_pictures_can_be_read_on_both_themes(open_notebook: OpenNotebook, theme: str) -> None:
    notebook = open_notebook("01_event_loop")
    notebook.use_theme(theme)
    notebook.run("import asyncio")
    hangs = "async def fetch_all(store, keys):\n    await store.get(keys[0])\n    await asyncio.Future()"
    verdicts = {
        "not_attempted": "async def fetch_all(store, keys):\n    raise NotImplementedError",
        "not_yet": ONE_BY_ONE,
        "right": TOGETHER,
        "stopped": hangs,
    }
    for verdict, answer in verdicts.items():
        notebook.write("fetch_all", answer)
        notebook.run("fetch_all", "check_fetch_all")
        notebook.screenshot(f"{verdict}_{theme.split()[1].lower()}", "check_fetch_all")

        contrasts: list[Any] = notebook.output("check_fetch_all").evaluate(CONTRASTS)
        assert len(contrasts) > 3
        assert contrasts[0][0] >= 4.5, contrasts[0]


def test_in_a_narrow_window_sentences_wrap_and_the_picture_shrinks_until_it_scrolls(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook("01_event_loop")
    notebook.run("import asyncio")
    notebook.write("fetch_all", ONE_BY_ONE)
    notebook.run("fetch_all", "check_fetch_all")
    verdict = notebook.output("check_fetch_all").locator("section")
    scrolls = "svg => svg.parentElement.scrollWidth > svg.parentElement.clientWidth"
    widths = []
    for width in (1200, 700, 500):
        notebook.resize(width, 900)
        assert verdict.evaluate("section => section.scrollWidth <= section.clientWidth")
        widths.append((picture_in(verdict).bounding_box()["width"], picture_in(verdict).evaluate(scrolls)))

    (wide, _), (narrow, narrow_scrolls), (least, least_scrolls) = widths
    assert wide == 640 > narrow > least == 480
    assert (narrow_scrolls, least_scrolls) == (False, True)
