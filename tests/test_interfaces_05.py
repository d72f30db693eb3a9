"""Sketches of checks for 05 A mini inference service, as in test_interfaces.py."""

import asyncio
import collections
import time

from test_interfaces import doubled, outcome

from asynclab.clients import poisson
from asynclab.fixtures import fixture

# -- sketches

# Admission


@fixture
class AdmittingService:
    """A batching service whose door asks an Admission."""

    def __init__(self, admission, device, max_batch, curve):
        self.admission, self.device, self.max_batch, self.curve = admission, device, max_batch, curve
        self.rows, self.busy_until, self.task = collections.deque(), 0.0, None
        for rows in (1, max_batch):
            admission.observe(rows, curve[0] + curve[1] * rows)

    async def ask(self, row):
        if not self.admission.admit(time.monotonic(), len(self.rows), self.busy_until):
            raise ConnectionRefusedError("503")
        future = asyncio.get_running_loop().create_future()
        self.rows.append((row, future))
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.work())
        return await future

    async def work(self):
        while self.rows:
            batch = [self.rows.popleft() for _ in range(min(self.max_batch, len(self.rows)))]
            began = time.monotonic()
            self.busy_until = began + self.curve[0] + self.curve[1] * len(batch)
            results = await self.device([row for row, _ in batch])
            self.admission.observe(len(batch), time.monotonic() - began)
            self.busy_until = time.monotonic()
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)


def check_admission(trial):
    max_batch, budget, fixed, per_row = 16, 0.1, 0.01, trial.count(10, 14) / 8000
    capacity = max_batch / (fixed + per_row * max_batch)
    for load, until in ((0.8, 2.0), (1.5, 2.0), (3.0, 1.5)):
        trial.new_scene()
        device = trial.function(
            "device", "rows", latency=lambda dice, rows: fixed + per_row * len(rows), reply=doubled
        )
        admission = trial.make("Admission", max_batch, budget)
        service = trial.fixture("AdmittingService", admission, device, max_batch, [fixed, per_row])
        come = poisson(trial.dice(f"load {load}"), load * capacity, until)
        trial.arrivals(service, "ask", come, lambda number: (number,))
        run = trial.drive("Admission")

        requests = run.record.requests
        refused = sum(one.error == "ConnectionRefusedError" for one in requests) / len(requests)
        if load < 1:
            run.requires(refused <= 0.01, "refuses hardly anybody below capacity", f"{refused:.1%} were")
        good = sum(one.how == "reply" and one.latency <= budget + 1e-6 for one in requests)
        share = good / until / min(capacity, load * capacity)
        run.requires(share >= 0.9, "answers what can be answered in time", f"{share:.2f} at {load} times")


class Admission:
    def __init__(self, max_batch, budget):
        self.max_batch, self.budget, self.seconds = max_batch, budget, {}

    def observe(self, rows, seconds):
        self.seconds[rows] = seconds

    def admit(self, now, waiting, busy_until):
        if waiting == 0 and busy_until <= now:
            return True
        batches = waiting // self.max_batch + 1
        return max(now, busy_until) + batches * self.seconds[self.max_batch] <= now + self.budget


class AdmissionOfAll(Admission):
    def admit(self, now, waiting, busy_until):
        return True


class AdmissionByTheBatchAsItIsNow(Admission):
    def admit(self, now, waiting, busy_until):
        one = self.seconds[1]
        per_row = (self.seconds[self.max_batch] - one) / (self.max_batch - 1)
        return max(now, busy_until) + one + per_row * waiting <= now + self.budget


def test_admission():
    assert outcome(check_admission, worlds=2, Admission=Admission) == ""
    for wrong in (AdmissionOfAll, AdmissionByTheBatchAsItIsNow):
        says = "answers what can be answered in time"
        assert outcome(check_admission, worlds=1, Admission=wrong) == says
