"""A watched run in a real kernel: who sees it move, and what stays of it."""

import pytest

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
