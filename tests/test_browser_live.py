"""Live pictures and the stop button in a real browser, as a learner sees and presses them.

Screenshots of the runs, while they go on and at their end, are left in build/screenshots/.
"""

import json
import re
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import BrowserContext, Locator, expect, sync_playwright

from asynclab.workspace import save
from tests.jupyterlab_page import NotebookPage
from tests.lab_server import LabServer, make_lab
from tests.test_browser import FLAGS, WINDOW

pytestmark = pytest.mark.browser

SETUP = """\
import asyncio, time
from asynclab import buttons, session, watch
from asynclab.demo import Model, Store
"""
TRAIN = """\
async def load(store, queue):
    for number in range(40):
        await queue.put(await store.get(f"batch-{number}"))

async def train(queue):
    while True:
        batch = await queue.get()
        await asyncio.sleep(0.06)

async def epoch(store, queue):
    trainer = asyncio.create_task(train(queue))
    await asyncio.gather(load(store, queue), load(store, queue))
    trainer.cancel()

latency = {f"batch-{number}": 0.05 + 0.01 * (number % 7) for number in range(40)}
store, queue = Store(latency=latency), asyncio.Queue()
await watch(epoch(store, queue), queues={"to train": queue}, show=("lanes", "queues", "latency"))
"""
#: What a browser has seen: the times at which pictures were put on the screen, in ms.
COUNT_FRAMES = """
() => {
    window.frames_seen = [];
    new MutationObserver(changes => {
        if (changes.some(change => [...change.addedNodes].some(node => node.querySelector?.("svg"))))
            window.frames_seen.push(performance.now());
    }).observe(document.body, {childList: true, subtree: true});
}
"""

#: Three hundred calls in the time in which a reader sees some frames.
SERVE = """\
async def client(store, number):
    for turn in range(100):
        await store.get(f"client-{number}, {turn}")

async def serve(store):
    await asyncio.gather(*[client(store, number) for number in range(3)])

await watch(serve(Store(latency=0.04)))
"""

Open = Callable[..., NotebookPage]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    here = tmp_path_factory.mktemp("lab")
    course, settings = here / "my-course", here / "settings"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_CONFIG_DIR", str(settings))
        patch.setenv("IPYTHONDIR", str(here / "ipython"))
        with LabServer(*make_lab(course), folder=here) as server:
            yield SimpleNamespace(server=server, course=course, settings=settings)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[BrowserContext]:
    expect.set_options(timeout=15_000)  # ms; a busy machine is no failure
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS, headless=True)
        yield browser.new_context(viewport=WINDOW)
        browser.close()


@pytest.fixture
def open_cells(
    lab: SimpleNamespace, browser: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Open]:
    """A function that opens a notebook of these cells; its set-up has run."""
    shutil.rmtree(lab.settings, ignore_errors=True)
    opened: list[NotebookPage] = []

    def open_cells(*sources: str) -> NotebookPage:
        cells = [new_markdown_cell("# Live"), new_code_cell(SETUP, id="setup")]
        cells += [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources, 1)]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        file = lab.course / "live.ipynb"
        file.write_text(json.dumps(new_notebook(cells=cells, metadata=kernel)), encoding="utf-8")
        opened.append(
            NotebookPage(browser.new_page(), lab.server.url("lab/tree/live.ipynb") + "&reset", file)
        )
        opened[-1].run("setup")
        return opened[-1]

    yield open_cells
    for notebook in opened:
        notebook.screenshot("live_" + re.sub(r"\W+", "_", request.node.name.removeprefix("test_")).strip("_"))
        notebook.page.close()
    with urllib.request.urlopen(lab.server.url("api/sessions")) as answer:
        sessions = json.load(answer)
    for session in sessions:
        url = lab.server.url(f"api/sessions/{session['id']}")
        urllib.request.urlopen(urllib.request.Request(url, method="DELETE")).close()


def picture_in(output: Locator) -> Locator:
    return output.locator('svg[role="img"]').first


def moving(output: Locator) -> Locator:
    """The picture while it moves: it is in a widget."""
    return output.locator(".widget-html svg[role=img]").first


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_the_picture_moves_and_the_last_one_stays(open_cells: Open, theme: str) -> None:
    notebook = open_cells(TRAIN)
    notebook.use_theme(theme)
    notebook.page.evaluate(COUNT_FRAMES)
    notebook.start("cell-1")
    output = notebook.output("cell-1")
    expect(moving(output)).to_contain_text("batch-5")
    notebook.screenshot(f"live_during_{theme.split()[1].lower()}")
    notebook.wait_until_done("cell-1")

    expect(moving(output)).to_have_count(0)
    expect(output).to_contain_text(re.compile(r"80 calls, at most 2 in flight, finished after about \d"))
    expect(output).to_contain_text(re.compile(r"The plot used \d+\.\d % of this loop"))
    assert notebook.page.evaluate("window.frames_seen.length") >= 5
    notebook.screenshot(f"live_end_{theme.split()[1].lower()}")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_of_a_long_run_the_last_seconds_move_and_all_of_it_stays(open_cells: Open, theme: str) -> None:
    notebook = open_cells(SERVE)
    notebook.use_theme(theme)
    notebook.start("cell-1")
    output = notebook.output("cell-1")
    expect(output).to_contain_text(
        re.compile(r"The last [\d.]+ s: \d+ calls, at most 3 in flight, still running")
    )
    expect(moving(output)).to_contain_text("and ")
    expect(moving(output)).not_to_contain_text("client-0, 0")
    notebook.screenshot(f"live_window_{theme.split()[1].lower()}")
    notebook.wait_until_done("cell-1")

    expect(output).to_contain_text("300 calls, at most 3 in flight, finished after about")
    expect(picture_in(output)).to_contain_text("client-0, 0")


def test_the_last_picture_is_there_after_saving_and_opening_again(open_cells: Open) -> None:
    notebook = open_cells("await watch(Store(latency=0.8).get('a'))")
    notebook.run("cell-1")
    outputs = notebook.save()[2]["outputs"]
    notebook.page.reload()

    expect(picture_in(notebook.output("cell-1"))).to_be_visible()
    expect(notebook.output("cell-1")).to_contain_text("1 call, finished after about 0.8")
    expect(notebook.output("cell-1")).not_to_contain_text("Error displaying widget")
    assert [sorted(output.get("data", {})) for output in outputs] == [
        ["text/html", "text/plain"],
        ["text/plain"],
    ]


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("await asyncio.sleep(3600)", "stopped after about"),
        ("while True: await asyncio.sleep(0)", "stopped after about"),
    ],
    ids=["idle", "busy"],
)
def test_the_stop_button_ends_a_run_and_its_picture_stays(open_cells: Open, what: str, told: str) -> None:
    notebook = open_cells(f"async def go_on():\n    {what}\nawait watch(go_on())", "6 * 7")
    notebook.start("cell-1")
    expect(moving(notebook.output("cell-1"))).to_be_visible()
    notebook.interrupt()
    notebook.wait_until_done("cell-1")

    expect(notebook.output("cell-1")).to_contain_text(told)
    expect(notebook.output("cell-1")).to_contain_text("you stopped it")
    notebook.run("cell-2")
    expect(notebook.output("cell-2")).to_contain_text("42")


def test_a_blocked_loop_is_named_on_the_screen_and_the_stop_button_ends_it(open_cells: Open) -> None:
    rude = "async def rude():\n    await asyncio.sleep(0.3)\n    time.sleep(3600)\n\n"
    notebook = open_cells(f"{rude}async def both():\n    await asyncio.gather(rude())\n\nawait watch(both())")
    notebook.start("cell-1")
    output = notebook.output("cell-1")
    expect(output).to_contain_text("The event loop has been blocked for about 2.")
    expect(output).to_contain_text("at line 3: time.sleep(3600)")
    notebook.screenshot("live_during_blocked")
    notebook.interrupt()
    notebook.wait_until_done("cell-1")

    expect(output).to_contain_text("The event loop was blocked for more than")
    expect(output).to_contain_text("loop blocked")


CONTROLLED = """\
async def produce(queue, controls):
    while not controls["stop"]:
        await queue.put("item")
        await asyncio.sleep(0.05)

async def consume(queue, controls):
    while not controls["stop"]:
        await queue.get()
        await asyncio.sleep(0.05 * 4 ** controls["slower"])

async def pipeline(queue, controls):
    await asyncio.gather(produce(queue, controls), consume(queue, controls))

queue = asyncio.Queue()
with buttons("slower", "stop") as controls:
    await watch(pipeline(queue, controls), queues={"queue": queue})
"""


def test_buttons_act_while_the_cell_runs(open_cells: Open) -> None:
    notebook = open_cells(CONTROLLED)
    notebook.start("cell-1")
    output = notebook.output("cell-1")
    output.get_by_role("button", name="slower").click()
    output.get_by_role("button", name="slower").click()
    expect(output).to_contain_text(re.compile("at most [3-9]"))
    notebook.screenshot("live_during_buttons")
    output.get_by_role("button", name="stop").click()
    notebook.wait_until_done("cell-1")

    expect(output).to_contain_text("You pressed slower 2 times, stop 1 time.")
    expect(output.get_by_role("button")).to_have_count(0)


STEERED = """\
from asynclab.steered import STEER, SteeredPipeline
pipeline = SteeredPipeline(maxsize=9, seconds=(0.02, 0.02, 0.02))
with buttons(*STEER) as controls:
    await watch(pipeline.run(controls), queues=pipeline.gauges)
print(pipeline.summary)
"""


def test_a_pipeline_fills_while_it_is_paused_and_goes_on_until_a_stage_crashes(open_cells: Open) -> None:
    notebook = open_cells(STEERED, "len(asyncio.all_tasks())")
    notebook.start("cell-1")
    output = notebook.output("cell-1")
    output.get_by_role("button", name="slower").click()
    output.get_by_role("button", name="faster").click()
    output.get_by_role("button", name="pause").click()
    expect(moving(output)).to_contain_text(re.compile(r"items alive\s*at most 21"))
    notebook.screenshot("live_during_steered")
    output.get_by_role("button", name="pause").click()
    output.get_by_role("button", name="crash").click()
    notebook.wait_until_done("cell-1")

    expect(output).to_contain_text("You pressed slower 1 time, faster 1 time, pause 2 times, crash 1 time.")
    expect(output).to_contain_text("train crashed, and the stages before it were cancelled.")
    expect(output.get_by_role("button")).to_have_count(0)


SERVED = """\
from asynclab.serving.reference_parts import parts
from asynclab.serving.steered import STEER, SteeredService

class Model:
    def __init__(self, version): ...
    def predict(self, rows): return [0 for row in rows]
    def warm_up(self): ...
    def free(self): ...

served = SteeredService(parts(), Model)
with buttons(*STEER) as controls:
    await served.run(controls)
"""

LEFT_BEHIND = "import psutil; print('processes:', len(psutil.Process().children()))"


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_service_refuses_in_a_spike_and_is_drained(open_cells: Open, theme: str) -> None:
    notebook = open_cells(SERVED, LEFT_BEHIND)
    notebook.use_theme(theme)
    notebook.start("cell-1")
    output = notebook.output("cell-1")
    expect(moving(output)).to_have_attribute("aria-label", re.compile("answered in time"))
    output.get_by_role("button", name="spike").click()
    expect(moving(output)).to_have_attribute("aria-label", re.compile(r"\d+ refused"))
    expect(moving(output)).to_contain_text("spike")
    notebook.screenshot(f"live_during_service_{theme.split()[1].lower()}")
    output.get_by_role("button", name="swap").click()
    expect(moving(output)).to_contain_text("v2 is current")
    output.get_by_role("button", name="drain").click()
    notebook.wait_until_done("cell-1")

    expect(moving(output)).to_have_count(0)
    expect(picture_in(output)).to_contain_text("drain")
    expect(output).to_contain_text(
        re.compile(r"requests in \d.* refused.* It was drained: \d+ answered, 0 cut\.")
    )
    expect(output).to_contain_text("You pressed spike 1 time, swap 1 time, drain 1 time.")
    notebook.run("cell-2")
    expect(notebook.output("cell-2")).to_contain_text("processes: 0")


def test_the_stop_button_ends_a_service_and_its_clients(open_cells: Open) -> None:
    notebook = open_cells(SERVED, LEFT_BEHIND)
    notebook.start("cell-1")
    output = notebook.output("cell-1")
    expect(moving(output)).to_have_attribute("aria-label", re.compile("answered in time"))
    notebook.interrupt()
    notebook.wait_until_done("cell-1")

    expect(picture_in(output)).to_have_attribute("aria-label", re.compile("answered in time"))
    notebook.run("cell-2")
    expect(notebook.output("cell-2")).to_contain_text("processes: 0")


def test_a_live_cell_is_run_and_steered_with_the_keyboard_alone(open_cells: Open) -> None:
    notebook = open_cells(CONTROLLED)
    keyboard = notebook.page.keyboard
    notebook.select("setup")
    keyboard.press("ArrowDown")
    keyboard.press("Control+Enter")
    output = notebook.output("cell-1")
    stop = output.get_by_role("button", name="stop")
    expect(stop).to_be_visible()
    for _ in range(40):  # Tab by Tab from the cell into its output
        if stop.evaluate("button => button === document.activeElement"):
            break
        keyboard.press("Tab")
    keyboard.press("Enter")
    notebook.wait_until_done("cell-1")

    expect(output).to_contain_text("You pressed stop 1 time.")
    expect(picture_in(output)).to_be_visible()


SLIDER = """\
import ipywidgets
slider, heard = ipywidgets.IntSlider(description="speed"), []
slider.observe(lambda change: heard.append(change["new"]), names="value")
display(slider)
for _ in range(100):
    await asyncio.sleep(0.05)
    if len(heard) > 1: break
print("heard", len(heard))
"""


def test_of_two_moves_of_a_slider_in_one_run_the_second_is_still_lost(open_cells: Open) -> None:
    # The day on which this fails, ipykernel delivers both: lessons may then use sliders, see `buttons`.
    notebook = open_cells(SLIDER)
    notebook.start("cell-1")
    handle = notebook.output("cell-1").locator(".noUi-handle")
    handle.focus()
    handle.press("ArrowRight")
    notebook.page.wait_for_timeout(700)  # ms: a move of its own, not one with the first
    handle.press("ArrowRight")
    notebook.wait_until_done("cell-1")

    expect(notebook.output("cell-1")).to_contain_text("heard 1")


def test_a_workspace_has_the_lesson_left_and_its_live_figure_right(
    lab: SimpleNamespace, open_cells: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = open_cells("await watch(Store(latency=2.0).get('a'))")
    notebook.save()
    lesson = lab.course / "live" / "live.ipynb"
    lesson.parent.mkdir(exist_ok=True)
    content = json.loads(notebook.file.read_text(encoding="utf-8"))
    content["cells"][2]["metadata"]["tags"] = ["figure"]
    lesson.write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(lab.settings))
    page = save(lab.course, "live").removeprefix("/")
    notebook.page.goto(lab.server.url(page))

    figure = notebook.page.locator(".jp-LinkedOutputView")
    expect(figure).to_be_visible()
    expect(notebook.page.locator(".jp-Notebook .jp-Cell")).to_have_count(3)
    notebook.wait_until_idle()
    notebook.run("setup")
    notebook.start("cell-1")
    expect(figure.locator(".widget-html svg[role=img]")).to_be_visible()
    notebook.screenshot("live_during_workspace")
    notebook.wait_until_done("cell-1")

    expect(figure).to_contain_text("1 call, finished after about 2.0")
