"""The service on this machine, steered by buttons, here by hand; in a browser: test_browser_live.py."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from asynclab.controls import Controls
from asynclab.serving import sender, steered
from asynclab.serving.reference_parts import parts
from asynclab.serving.steered import STEER, SteeredService, whose


class Model:
    """Gives the version that answered; it takes no time of its own."""

    def __init__(self, version):
        self.version = version

    def predict(self, rows):
        return [self.version for _ in rows]

    def warm_up(self):
        pass

    def free(self):
        pass


class Pressed(Controls):
    def press(self, name):
        self._press(name)


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """On a slow machine, too, a run ends by the last button."""
    monkeypatch.setattr(steered, "UNSEEN", 60.0)


@pytest.fixture
def started(monkeypatch):
    """The processes that were started."""
    processes, start = [], sender._start

    def noted(plan):
        processes.append(start(plan))
        return processes[-1]

    monkeypatch.setattr(sender, "_start", noted)
    return processes


def pressing(*names, until):
    """A run with these buttons, each pressed when `until(served)` holds for its number; the service."""
    controls, served = Pressed(*STEER), SteeredService(parts(), Model, rate=200.0)

    async def press():
        for number, name in enumerate(names):
            while not until(served, number):
                await asyncio.sleep(0.01)
            controls.press(name)

    async def both():
        pressed = asyncio.create_task(press())
        await served.run(controls)
        pressed.cancel()  # it is done, unless the run has ended by itself

    asyncio.run(both())
    return served


def after_intervals(served, number):
    return len(served.intervals) >= 3 * (number + 1)


def status(served):
    return sum((Counter(one.status) for one in served.intervals), Counter())


def test_it_ends_by_itself_with_every_request_counted_and_nothing_left(started):
    served = SteeredService(parts(), Model, rate=200.0)

    async def run():
        await served.run(seconds=1.0)
        await asyncio.sleep(0)  # who was cancelled ends at its next turn
        return len(asyncio.all_tasks()) - 1

    assert asyncio.run(run()) == 0
    assert sum(one.sent for one in served.intervals) == status(served).total()
    assert served.end == "Its time was over."
    assert [process.returncode for process in started] == [0]


def test_it_answers_under_load():
    served = pressing("stop", until=lambda served, _: status(served)["200"] > 100)
    assert served.end == "You stopped it."


def test_stop_ends_it(started):
    served = pressing("stop", until=after_intervals)
    assert served.summary.endswith("You stopped it.")
    assert [process.returncode for process in started] == [0]


def test_poisoned_rows_get_a_400_and_all_others_an_answer():
    def poisoned(served, number):
        return after_intervals(served, number) and (number == 0 or status(served)["400"])

    assert set(status(pressing("poison", "stop", until=poisoned))) >= {"200", "400"}


def test_an_outage_opens_the_breaker_and_it_closes_again():
    def seen(served, number):
        states = [one.breaker for one in served.intervals]
        if number == 0:
            return bool(states)
        return "open" in states and states[-1] == "closed"

    served = pressing("outage", "stop", until=seen)
    assert "503" in status(served)


def test_a_swap_changes_the_version_and_loses_nothing():
    def seen(served, number):
        versions = {version for one in served.intervals for version in one.versions}
        return versions == ({"v1"} if number == 0 else {"v1", "v2"})

    served = pressing("swap", "stop", until=seen)
    assert set(status(served)) <= {"200", "503", "504"}  # a busy machine refuses some


def test_drain_answers_what_was_accepted_and_ends_it(started):
    served = pressing("drain", until=after_intervals)
    assert served.end.startswith("It was drained: ")
    assert served.end.endswith(" 0 cut.")
    assert [process.returncode for process in started] == [0]


def test_an_interrupt_leaves_no_process_behind(started):
    served = SteeredService(parts(), Model, rate=200.0)

    async def run():
        running = asyncio.create_task(served.run())
        while not served.intervals:
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(run())
    assert [process.returncode is not None for process in started] == [True]


def test_a_part_that_raises_is_told_once_and_nothing_is_logged(caplog):
    class Refusing(parts().admission):
        def admit(self, now, waiting, busy_until):
            raise NameError("median")

    served = SteeredService(replace(parts(), admission=Refusing), Model)
    asyncio.run(served.run(seconds=0.6))

    failed = status(served)["500"]
    assert failed > 0
    assert f" In {failed} requests a part raised NameError('median')" in served.summary
    assert caplog.text == ""


def test_an_error_in_drain_reaches_the_cell():
    async def broken(service, grace):
        raise ValueError("not yet")

    controls = Pressed(*STEER)
    controls.press("drain")
    served = SteeredService(replace(parts(), drain=broken), Model)
    with pytest.raises(ValueError, match="not yet"):
        asyncio.run(served.run(controls))


def test_it_is_told_whose_parts_they_are():
    class Batcher:
        """Mine."""

    assert whose({"Batcher": Batcher}).startswith("Yours: batcher. Ours: device_worker, admission, ")
    assert whose({}).startswith("Yours: none. Ours: batcher, device_worker, ")
