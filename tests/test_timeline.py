"""A run that was saved is drawn again, offline: `run.save` and `asynclab timeline`."""

import asyncio
import json

import pytest

from asynclab.cli import main
from asynclab.demo import Store
from asynclab.live import watch


async def saved(file):
    queue = asyncio.Queue()
    with watch(queues={"to train": queue}) as run:
        await asyncio.gather(Store(latency=0.02).get("user-1"), queue.put("batch"))
        await asyncio.create_task(asyncio.sleep(0.02), name="loader")
    run.save(file)
    return run.record


def test_a_saved_run_has_its_tasks_its_calls_its_loop_and_its_counters(tmp_path):
    asyncio.run(saved(tmp_path / "run.json"))
    events = json.loads((tmp_path / "run.json").read_text())["traceEvents"]

    names = {event["args"]["name"] for event in events if event["ph"] == "M"}
    assert {"event loop", "store", "loader"} <= names
    assert {"in flight", "to train"} <= {event["name"] for event in events if event["ph"] == "C"}
    waits = [event["args"].get("then_waits_for") for event in events if event["name"] == "loader"]
    assert "sleep" in waits


def test_a_saved_run_is_drawn_again_as_text_and_as_a_page(tmp_path, capsys):
    asyncio.run(saved(tmp_path / "run.json"))
    capsys.readouterr()

    assert main(["timeline", str(tmp_path / "run.json")]) == 0

    printed = capsys.readouterr().out
    assert "user-1 " in printed
    assert "1 call, finished after about " in printed
    assert f"Drawn in {tmp_path / 'run.html'}" in printed
    page = (tmp_path / "run.html").read_text()
    assert "loader" in page
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")  # it needs no network


@pytest.mark.parametrize("content", ["", "[]", '{"traceEvents": []}'])
def test_what_is_no_saved_run_is_refused_with_what_is_one(tmp_path, capsys, content):
    file = tmp_path / "other.json"
    file.write_text(content)

    assert main(["timeline", str(file)]) == 1
    assert "Give it a file that `run.save(...)` wrote." in capsys.readouterr().err


def test_a_file_that_is_not_there_is_a_sentence(tmp_path, capsys):
    assert main(["timeline", str(tmp_path / "no.json")]) == 1
    assert "No such file" in capsys.readouterr().err
