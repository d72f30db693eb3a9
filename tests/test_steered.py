"""A pipeline that is steered by buttons, here by hand; in a browser it is pressed in test_browser_live.py."""

import asyncio

import pytest

from asynclab.controls import Controls
from asynclab.simulated import simulated
from asynclab.steered import STEER, SteeredPipeline


class Pressed(Controls):
    """Buttons that are pressed by a test."""

    def press(self, name):
        self._press(name)


@pytest.fixture
def controls():
    return Pressed(*STEER)


def run_and(pipeline, controls, *, press, after=0.3):
    """Run it, press these buttons after so many seconds and "stop" as long after that; tasks left behind."""

    async def steer():
        for name in (*press, "stop"):
            await asyncio.sleep(after)
            controls.press(name)

    async def both():
        await asyncio.gather(pipeline.run(controls), steer())
        return len(asyncio.all_tasks()) - 1

    return simulated(both)


def test_it_stops_cleanly_and_leaves_nothing_running(controls):
    pipeline = SteeredPipeline(5)
    assert run_and(pipeline, controls, press=()) == 0
    assert "You stopped it." in pipeline.summary


def test_where_nobody_looks_it_ends_by_itself(controls, monkeypatch):
    monkeypatch.setattr("asynclab.steered.UNSEEN", 0.1)
    pipeline = SteeredPipeline(5)
    simulated(pipeline.run, controls)
    assert "Nobody pressed a button any more." in pipeline.summary


def test_a_press_gives_it_as_long_again(controls, monkeypatch):
    monkeypatch.setattr("asynclab.steered.UNSEEN", 1.0)
    pipeline = SteeredPipeline(5)
    run_and(pipeline, controls, press=("slower", "faster"), after=0.4)
    assert "You stopped it." in pipeline.summary


def test_with_a_bound_no_more_items_are_alive_than_the_queues_hold_and_one_in_each_hand(controls):
    pipeline = SteeredPipeline(2, seconds=(0.0, 0.0, 10.0))
    run_and(pipeline, controls, press=())
    assert pipeline.alive == 2 * 2 + 3


def test_without_a_bound_they_pile_up(controls):
    pipeline = SteeredPipeline(0, seconds=(0.001, 0.0, 10.0))
    run_and(pipeline, controls, press=())
    assert pipeline.alive > 2 * 2 + 3


def test_a_paused_trainer_trains_nothing_and_goes_on_when_it_is_pressed_again(controls):
    pipeline = SteeredPipeline(2, seconds=(0.001, 0.001, 0.001))
    controls.press("pause")
    run_and(pipeline, controls, press=())
    assert pipeline.summary.startswith("load 7 items, preprocess 4 items, train 0 items")

    again = Pressed(*STEER)
    again.press("pause")
    pipeline = SteeredPipeline(2, seconds=(0.001, 0.001, 0.001))
    run_and(pipeline, again, press=("pause",))
    assert "train 0 items" not in pipeline.summary


def test_a_crash_ends_all_stages(controls):
    pipeline = SteeredPipeline(2)
    assert run_and(pipeline, controls, press=("crash",)) == 0
    assert "train crashed, and the stages before it were cancelled." in pipeline.summary


def test_a_cancelled_stage_leaves_the_others_waiting_until_the_end(controls):
    pipeline = SteeredPipeline(2, seconds=(0.001, 0.001, 0.001))
    assert run_and(pipeline, controls, press=("cancel",)) == 0
    assert "preprocess was cancelled, and the others waited for it" in pipeline.summary
