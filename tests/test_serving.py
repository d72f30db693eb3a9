"""The service in the simulated world: whole days of requests, exact to the microsecond."""

import pytest
from serving_parts import the_parts

from asynclab.clients import poisson
from asynclab.fixtures import fixture
from asynclab.player import LocalPlayer
from asynclab.serving.refused import Refused
from asynclab.serving.service import Service
from asynclab.serving.settings import Settings
from asynclab.trial import Trial

FIXED, PER_ROW = 0.010, 0.00125  # seconds: 32 rows take 50 ms
CAPACITY = 32 / (FIXED + 32 * PER_ROW)  # rows a second


class WorldModel:
    def __init__(self, predict):
        self.predict = predict

    def warm_up(self):
        pass

    def free(self):
        pass


@fixture
class ServiceOfTheWorld:
    """The service at a model of the world's; refusals arrive as texts that begin with the status."""

    def __init__(self, predict, settings):
        self.predict, self.settings, self.service = predict, settings, None

    async def start(self):
        self.service = Service(
            the_parts(), lambda version: WorldModel(self.predict), Settings(**self.settings)
        )
        await self.service.start("v1", example=0)

    async def ask(self, row, version=None, client=""):
        try:
            return (await self.service.predict(row, version=version, client=client)).result
        except Refused as refused:
            raise ConnectionRefusedError(f"{refused.status} {refused.reason}") from None


def predict_of(trial, fail=None):
    return trial.function(
        "predict",
        "rows",
        latency=lambda dice, rows: FIXED + PER_ROW * len(rows),
        form="native",
        reply=lambda dice, rows: [2 * row for row in rows],
        fail=fail,
    )


@pytest.mark.parametrize("load", [0.8, 1.2, 3.0])
def test_at_any_load_what_the_device_can_do_is_answered_in_time_and_the_rest_is_refused_at_once(load):
    trial = Trial(LocalPlayer({"Service": Service}), seed=3)
    service = trial.fixture("ServiceOfTheWorld", predict_of(trial), {"budget": 0.1})
    trial.at(0.0, service, "start")
    come = poisson(trial.dice("arrivals"), load * CAPACITY, until=3.0, start=1.0)
    trial.arrivals(service, "ask", come, lambda number: (number,))
    asked = [one for one in trial.drive("Service").record.requests if one.method == "ask"]

    good = sum(one.how == "reply" and one.latency <= 0.1 for one in asked)
    assert good / 2.0 / CAPACITY >= 0.95 * min(1.0, load)
    refused = [one for one in asked if one.how == "error"]
    assert {one.value for one in refused} <= {"503 full"}
    assert [one for one in refused if one.latency > 0] == []
