"""A watched run in a real kernel: who sees it move, and what stays of it."""

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbgrader.converters import GenerateFeedback
from traitlets.config import Config

from tests.kernels import Kernel

START = """
import asyncio, time
from asynclab import watch
from asynclab.demo import Store
"""


@pytest.fixture(scope="module")
def kernel():
    with Kernel() as kernel:
        kernel.run(START)
        yield kernel


def of(messages, *kinds):
    return [content for kind, content in messages if kind in kinds]


def frames(messages):
    """The pictures that were sent to a widget."""
    states = [content["data"].get("state", {}) for content in of(messages, "comm_open", "comm_msg")]
    return [state["value"] for state in states if "<svg" in state.get("value", "")]


RUN = "await watch(Store(latency=1.0).get('a'))"


def test_with_somebody_looking_the_picture_moves_and_gives_way_to_one_that_stays(kernel):
    messages = kernel.run(RUN, looked_at=True)

    assert len(set(frames(messages))) >= 3
    [widget] = of(messages, "display_data")
    [final] = of(messages, "update_display_data")
    assert "application/vnd.jupyter.widget-view+json" in widget["data"]
    assert final["transient"] == widget["transient"]
    assert sorted(final["data"]) == ["text/html", "text/plain"]
    assert "finished after about 1.0" in final["data"]["text/plain"]
    assert "The plot used" in final["data"]["text/html"]
    assert len(of(messages, "comm_open")) == len(of(messages, "comm_close")) > 0  # nothing is left behind


def test_a_screen_reader_is_told_at_the_start_and_at_the_end_and_not_at_each_frame(kernel):
    messages = kernel.run(RUN, looked_at=True)

    states = [content["data"].get("state", {}) for content in of(messages, "comm_msg")]
    sentences = [state["value"] for state in states if "aria-live" in state.get("value", "")]
    assert len(sentences) == 1 < len(frames(messages))
    assert "1 call, still running after about" in sentences[0]
    [final] = of(messages, "update_display_data")
    assert '<figcaption aria-live="polite"' in final["data"]["text/html"]


def test_with_nobody_looking_there_is_only_the_picture_that_stays(kernel):
    messages = kernel.run(RUN)

    assert of(messages, "comm_open", "comm_msg", "update_display_data") == []
    [final] = of(messages, "display_data")
    assert sorted(final["data"]) == ["text/html", "text/plain"]
    assert "The plot used" not in final["data"]["text/html"]


def test_under_nbgrader_nobody_looks():
    with Kernel(NBGRADER_EXECUTION="validate") as kernel:
        kernel.run(START)
        messages = kernel.run(RUN, looked_at=True)

    assert of(messages, "comm_open") == []
    assert len(of(messages, "display_data")) == 1


@pytest.mark.parametrize("latency", [0.0, 1.0])
def test_the_picture_that_stays_comes_after_an_error_too(kernel, latency):
    source = f"await watch(Store(latency={latency}, fail=ConnectionError('replica is down')).get('a'))"
    messages = kernel.run(source, looked_at=True)

    [final] = of(messages, "update_display_data" if latency else "display_data")
    assert "raised ConnectionError" in final["data"]["text/plain"]
    assert [error["ename"] for error in of(messages, "error")] == ["ConnectionError"]


def test_a_run_shorter_than_a_frame_has_no_widget(kernel):
    messages = kernel.run("await watch(Store(latency=0.05).get('a'))", looked_at=True)

    assert of(messages, "comm_open") == []
    assert len(of(messages, "display_data")) == 1


def test_importing_the_course_in_a_kernel_imports_no_widgets(kernel):
    with Kernel() as fresh:
        messages = fresh.run("import asynclab, sys; print('ipywidgets' in sys.modules)", looked_at=True)

    assert of(messages, "stream") == [{"name": "stdout", "text": "False\n"}]


# -- a kernel that can always be stopped


def stop_when(kernel, told):
    """A function that presses the stop button once a cell has sent `told`."""

    def see(message):
        data = message["content"].get("data", {})
        if told in str(message["content"].get("text", "")) + data.get("text/plain", ""):
            kernel.manager.interrupt_kernel()

    return see


@pytest.mark.parametrize(
    "what",
    ["await asyncio.sleep(3600)", "while True: await asyncio.sleep(0)"],
    ids=["idle", "busy"],
)
def test_the_stop_button_ends_what_waits_and_what_is_busy(kernel, what):
    source = f"""
    async def go_on():
        print("it runs", flush=True)
        {what}
    await watch(go_on())
    """
    messages = kernel.run(source, looked_at=True, on_message=stop_when(kernel, "it runs"))

    assert [error["ename"] for error in of(messages, "error")] == ["CancelledError"]
    [final] = of(messages, "update_display_data", "display_data")[-1:]
    assert "stopped after about" in final["data"]["text/plain"]
    assert "you stopped it" in final["data"]["text/plain"]
    assert of(kernel.run("print('still here')"), "stream")[0]["text"] == "still here\n"


@pytest.mark.parametrize("what", ["time.sleep(3600)", "while True: pass"], ids=["sleeps", "computes"])
@pytest.mark.parametrize("how", ["await go_on()", "await asyncio.gather(go_on())"], ids=["cell", "task"])
def test_a_blocked_loop_is_named_on_the_screen_and_the_stop_button_ends_it(kernel, what, how):
    source = f"async def go_on():\n    {what}\n{how}"
    messages = kernel.run(source, looked_at=True, on_message=stop_when(kernel, "has been blocked"))

    [notice] = of(messages, "display_data")
    assert "The event loop has been blocked for about 1." in notice["data"]["text/plain"]
    assert f"at line 2: `{what}`" in notice["data"]["text/plain"]
    assert [error["ename"] for error in of(messages, "error")] == ["CancelledError"]
    last = of(messages, "update_display_data")[-1]
    assert last["data"]["text/plain"].startswith("The event loop was blocked for more than ")
    assert of(kernel.run("print('still here')"), "stream")[0]["text"] == "still here\n"


def test_a_stop_that_comes_before_anybody_could_know_of_the_block_is_not_lost(kernel):
    source = "async def go_on():\n    print('it runs', flush=True)\n    time.sleep(3600)\nawait go_on()"
    messages = kernel.run(source, on_message=stop_when(kernel, "it runs"))

    assert [error["ename"] for error in of(messages, "error")] == ["CancelledError"]


def test_a_cell_without_await_is_stopped_by_python_itself_and_nothing_is_said(kernel):
    source = "print('it runs', flush=True)\ntime.sleep(3600)"
    messages = kernel.run(source, looked_at=True, on_message=stop_when(kernel, "it runs"))

    assert [error["ename"] for error in of(messages, "error")] == ["KeyboardInterrupt"]
    assert of(messages, "display_data") == []


def test_with_nobody_looking_a_blocked_loop_leaves_no_output(kernel):
    messages = kernel.run("async def rude():\n    time.sleep(1.6)\nawait rude()")

    assert of(messages, "display_data", "stream", "error") == []


def test_no_task_of_ours_runs_in_a_quiet_kernel(kernel):
    messages = kernel.run("print(sorted(t.get_coro().__qualname__ for t in asyncio.all_tasks()))")
    with Kernel() as plain:
        plain_messages = plain.run(
            "import asyncio; print(sorted(t.get_coro().__qualname__ for t in asyncio.all_tasks()))"
        )

    assert of(messages, "stream") == of(plain_messages, "stream")


def test_a_check_refuses_on_a_kernel_whose_loop_was_patched():
    with Kernel() as patched:
        messages = patched.run(
            "import nest_asyncio; nest_asyncio.apply()\nfrom asynclab import check\ncheck('first_fetch')"
        )

    [told] = of(messages, "display_data")
    assert "This kernel is patched by nest_asyncio" in told["data"]["text/plain"].replace("`", "")
    assert "Kernel > Restart Kernel" in told["data"]["text/plain"]
    assert of(messages, "error", "execute_result") == []


# -- sessions and buttons


def test_a_session_cancels_and_names_what_a_demo_left_behind(kernel):
    source = """
    from asynclab import session
    async def ticker():
        while True:
            await asyncio.sleep(0.01)
    with session():
        tasks = [asyncio.create_task(ticker()), asyncio.create_task(ticker(), name="second")]
        await asyncio.sleep(0.05)
    await asyncio.wait(tasks)
    print([task.cancelled() for task in tasks])
    """
    messages = kernel.run(source)

    [told] = of(messages, "display_data")
    assert told["data"]["text/plain"] == (
        "2 tasks were still running at the end, and were cancelled: ticker, second."
    )
    assert of(messages, "stream")[0]["text"] == "[True, True]\n"


def test_a_quiet_session_cancels_them_and_says_nothing(kernel):
    source = """
    from asynclab import session
    with session(quiet=True):
        task = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
    await asyncio.wait([task])
    print(task.cancelled())
    """
    messages = kernel.run(source)

    assert of(messages, "display_data") == []
    assert of(messages, "stream")[0]["text"] == "True\n"


PRESSED = """
from asynclab import buttons
async def until(controls):
    for _ in range(50):
        if controls["stop"]:
            return "stopped"
        await asyncio.sleep(0.02)
    return "nobody pressed"
with buttons("slower", "stop") as controls:
    {first}
    said = await until(controls)
print(said)
"""


def test_a_button_acts_while_the_cell_runs_and_text_takes_its_place(kernel):
    # What a click does, after it has come over the wire: the browser's tests press for real.
    first = "import threading; threading.Thread(target=controls._buttons[1].click).start()"
    messages = kernel.run(PRESSED.format(first=first), looked_at=True)

    assert of(messages, "stream")[0]["text"] == "stopped\n"
    [final] = of(messages, "update_display_data")
    assert final["data"]["text/plain"] == "You pressed stop 1 time."
    assert len(of(messages, "comm_open")) == len(of(messages, "comm_close"))


def test_with_nobody_looking_there_are_no_buttons(kernel):
    messages = kernel.run(PRESSED.format(first=""))

    assert of(messages, "stream")[0]["text"] == "nobody pressed\n"
    assert of(messages, "display_data", "comm_open") == []


# -- what stays


class _Feedback(GenerateFeedback):
    """nbgrader's own settings of the page that a learner gets back."""

    def page(self, notebook):
        self._load_config(Config())
        resources = {
            "nbgrader": {"score": 0, "max_score": 0, "index": 0, "notebook": "live", "late_penalty": 0}
        }
        return HTMLExporter(config=self.config).from_notebook_node(notebook, resources)[0]


@pytest.mark.parametrize("latency", [0.0, 0.5], ids=["at once", "after it moved"])
def test_the_picture_survives_a_save_nbconvert_and_nbgraders_feedback(kernel, latency):
    messages = kernel.run(f"await watch(Store(latency={latency}).get('a'))", looked_at=True)
    [final] = of(messages, "update_display_data" if latency else "display_data")
    output = new_output("display_data", data=final["data"])
    cell = new_code_cell("await watch(...)", outputs=[output], metadata={"nbgrader": {}})
    notebook = nbformat.reads(nbformat.writes(new_notebook(cells=[cell])), as_version=4)

    pages = [HTMLExporter().from_notebook_node(notebook)[0], _Feedback().page(notebook)]

    for page in pages:
        assert 'aria-label="1 call, finished after about ' in page
        assert "</figcaption>" in page
        assert "widget-view" not in page.partition("<body")[2]
