"""Sketches of checks for 05 A mini inference service, as in test_interfaces.py."""

import asyncio
import collections
import contextlib
import math
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


# run_batch


def check_run_batch(trial):
    size = 2 ** trial.count(2, 5)
    bad = trial.count(0, size - 1)
    device = trial.function(
        "device",
        "rows",
        latency=0.01,
        reply=doubled,
        fail=lambda rows, _: ValueError(f"{len(rows)} rows, one bad") if bad in rows else None,
    )
    run = trial.call("run_batch", device, list(range(size)))
    expected = [ValueError("1 rows, one bad") if row == bad else 2 * row for row in range(size)]
    run.value.equals(expected, "gives each row its own result", gate=True)
    run.calls(device).at_most(1 + 2 * round(math.log2(size)), "finds the bad row by halves")
    run.peak(device).at_most(1, "calls the device once at a time")


async def run_batch(device, rows):
    if not rows:
        return []
    try:
        return await device(rows)
    except Exception as error:
        if len(rows) == 1:
            return [error]
    half = len(rows) // 2
    return await run_batch(device, rows[:half]) + await run_batch(device, rows[half:])


async def run_batch_one_by_one(device, rows):
    try:
        return await device(rows)
    except Exception:
        return [(await run_batch(device, [row]))[0] for row in rows]


async def run_batch_without_the_bad(device, rows):
    return [result for result in await run_batch(device, rows) if not isinstance(result, Exception)]


def test_run_batch():
    assert outcome(check_run_batch, run_batch=run_batch) == ""
    assert outcome(check_run_batch, run_batch=run_batch_one_by_one) == "finds the bad row by halves"
    assert outcome(check_run_batch, run_batch=run_batch_without_the_bad) == "gives each row its own result"


# ModelRegistry


@fixture
async def use_model(registry, version, seconds):
    """Lease a model, use it at the beginning and at the end, and let it go."""
    async with registry.lease(version) as model:
        model.predict()
        await asyncio.sleep(seconds)
        model.predict()


def check_model_registry(trial):
    models = {
        version: trial.service(
            f"model-{version}",
            methods={"warm_up": [], "predict": [], "free": []},
            latency=0.5,
            form="sleep",
            instant=("predict", "free"),
        )
        for version in ("v1", "v2")
    }
    load = trial.function(
        "load",
        "version",
        latency=1.0,
        form="sleep",
        keys=list(models),
        reply=lambda dice, version: models[version],
    )
    registry = trial.make("ModelRegistry", load)
    trial.heartbeat(0.1, 9.0)
    trial.at(0.0, registry, "promote", "v1")  # current at 1.5
    trial.at(0.5, registry, "promote", "v1")
    trial.at(2.0, None, "use_model", registry, None, 3.0)  # v1, to 5.0
    trial.at(2.5, registry, "promote", "v2")  # current at 4.0
    trial.at(3.0, registry, "promote", "v9")
    trial.at(4.5, None, "use_model", registry, None, 1.0)  # v2
    trial.at(6.0, None, "use_model", registry, None, 1.0)
    run = trial.drive("ModelRegistry")

    seen = [(call.service, call.method, round(call.start, 6)) for call in run.record.calls()]
    loads = [call.args[0] for call in run.record.calls("load")]
    run.requires(loads == ["v1", "v2", "v9"], "loads each version once", f"it loaded {loads}")
    used = [name for name, method, _ in seen if method == "predict"]
    run.requires(
        used == ["model-v1"] + ["model-v2"] + ["model-v1"] + ["model-v2"] * 3,
        "gives everybody the version of their time",
        f"{used}",
    )
    freed = [(name, at) for name, method, at in seen if method == "free"]
    run.requires(freed == [("model-v1", 5.0)], "frees the old one after its last lease", f"it freed {freed}")
    run.heartbeat_gap.at_most(0.0, "keeps the loop free")
    failed = [one.error for one in run.record.requests if one.args == ("v9",)]
    run.requires(failed == ["KeyError"], "raises what load raises", f"{failed}")


class ModelRegistry:
    off_the_loop = staticmethod(asyncio.to_thread)

    def __init__(self, load):
        self.load, self.models, self.uses = load, {}, collections.Counter()
        self.current = self.before = None
        self.lock = asyncio.Lock()

    async def get(self, version):
        if version not in self.models:
            self.models[version] = asyncio.create_task(self.make(version))
        return await asyncio.shield(self.models[version])

    async def make(self, version):
        try:
            model = await self.off_the_loop(self.load, version)
            await self.off_the_loop(model.warm_up)
        except BaseException:
            del self.models[version]
            raise
        return model

    def release(self, version):
        self.uses[version] -= 1
        if not self.uses[version] and version != self.current and version in self.models:
            task = self.models[version]
            if task.done():
                del self.models[version]
                task.result().free()

    @contextlib.asynccontextmanager
    async def lease(self, version=None):
        version = version or self.current
        if version is None:
            raise RuntimeError("nothing was promoted")
        self.uses[version] += 1
        try:
            yield await self.get(version)
        finally:
            self.release(version)

    async def promote(self, version):
        async with self.lock:
            self.uses[version] += 1
            try:
                await self.get(version)
                if version != self.current:
                    self.before, self.current = self.current, version
                    if self.before is not None:
                        self.uses[self.before] += 1
                        self.release(self.before)
            finally:
                self.release(version)

    async def rollback(self):
        if self.before is None:
            raise RuntimeError("there was no version before this one")
        await self.promote(self.before)


class ModelRegistryOnTheLoop(ModelRegistry):
    @staticmethod
    async def off_the_loop(function, *args):
        return function(*args)


class ModelRegistryThatForgetsLeases(ModelRegistry):
    def release(self, version):
        self.uses[version] = 1
        super().release(version)


class ModelRegistryThatLoadsEachTime(ModelRegistry):
    async def get(self, version):
        self.models[version] = asyncio.create_task(self.make(version))
        return await self.models[version]


def test_model_registry():
    assert outcome(check_model_registry, worlds=1, ModelRegistry=ModelRegistry) == ""
    for wrong, says in (
        (ModelRegistryOnTheLoop, "keeps the loop free"),
        (ModelRegistryThatForgetsLeases, "frees the old one after its last lease"),
        (ModelRegistryThatLoadsEachTime, "loads each version once"),
    ):
        assert outcome(check_model_registry, worlds=1, ModelRegistry=wrong) == says


# drain


@fixture
class DrainableService:
    """What `drain` is given; it tells the world of each step."""

    def __init__(self, device, tell):
        self.device, self.tell, self.futures, self.closed = device, tell, [], False
        self.accepts = True

    async def ask(self, row):
        if not self.accepts:
            raise ConnectionRefusedError("503")
        future = asyncio.get_running_loop().create_future()
        self.futures.append((row, future))
        return await future

    def set_ready(self, ready):
        self.tell(f"ready {ready}")

    def refuse_new(self):
        self.accepts = False
        self.tell("refuse new")

    def flush(self):
        self.tell("flush")
        self.task = asyncio.create_task(self.work())

    async def work(self):
        results = await self.device([row for row, _ in self.futures])
        for (_, future), result in zip(self.futures, results, strict=True):
            future.set_result(result)

    def pending(self):
        return sum(not future.done() for _, future in self.futures)

    async def wait_answered(self):
        await asyncio.wait([future for _, future in self.futures])

    async def wait_disconnected(self):
        await asyncio.sleep(3000)

    async def close(self):
        self.tell("close")
        for _, future in self.futures:
            if not future.done():
                future.set_exception(ConnectionError("closed"))


def check_drain(trial):
    rows = trial.count(2, 5)
    for seconds in (0.5, 60.0):
        trial.new_scene()
        device = trial.function("device", "rows", latency=seconds, reply=doubled)
        tell = trial.function("log", "step", latency=0.0, form="sleep")
        service = trial.fixture("DrainableService", device, tell)
        for row in range(rows):
            trial.at(0.1 * row, service, "ask", row)
        trial.at(1.0, trial.learners("drain"), "__call__", service, 2.0)
        trial.at(1.2, service, "ask", 99)
        run = trial.drive("drain")
        drained, late = rows + 1, rows + 2
        steps = [call.args[0] for call in run.record.calls("log")]
        order = ["ready False", "refuse new", "flush", "close"]
        run.requires(steps == order, "takes the steps in their order", f"the steps: {steps}", gate=True)
        answered = rows if seconds < 2 else 0
        run.reply(drained).equals({"answered": answered, "cut": rows - answered}, "counts")
        run.replied(drained).equals(1.0 + min(seconds, 2.0), "ends when all is answered, or with the grace")
        refused = run.request(late)
        run.requires(refused.error == "ConnectionRefusedError", "refuses new work", f"it was {refused.how}")


async def drain(service, grace):
    service.set_ready(False)
    service.refuse_new()
    service.flush()
    pending = service.pending()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(grace):
            await service.wait_answered()
    cut = service.pending()
    await service.close()
    return {"answered": pending - cut, "cut": cut}


async def drain_for_ever(service, grace):
    return await drain(service, 10_000.0)


async def drain_at_once(service, grace):
    return await drain(service, 0.0)


async def drain_without_the_partial_batch(service, grace):
    service.set_ready(False)
    service.refuse_new()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(service.wait_answered(), grace)
    await service.close()
    return {"answered": 0, "cut": service.pending()}


def test_drain():
    assert outcome(check_drain, drain=drain) == ""
    for wrong, says in (
        (drain_for_ever, "counts"),
        (drain_at_once, "counts"),
        (drain_without_the_partial_batch, "takes the steps in their order"),
    ):
        assert outcome(check_drain, drain=wrong) == says


# Health


def check_health(trial):
    health = trial.make("Health", 10.0, 3)
    trial.at(0.1, health, "ready")
    trial.at(0.2, health, "live")
    trial.at(0.3, health, "stats", 0.0)
    trial.at(0.4, health, "warmed")
    for n, seconds in enumerate([0.5, 0.1, 0.4, 0.2, 0.3]):
        trial.at(1.0 + n, health, "record", 1.0 + n, seconds, n != 0)
    trial.at(6.0, health, "ready")
    trial.at(6.1, health, "stats", 6.0)
    trial.at(7.0, health, "stats", 11.5)  # the first has left the window
    run = trial.drive("Health")
    empty = {"requests": 0, "error_rate": None, "p50": None, "p95": None, "p99": None}
    run.reply(1).equals(False, "is not ready before it is warmed up")
    run.reply(2).equals(True, "lives from the beginning")
    run.reply(3).equals(empty, "says nothing without data")
    run.reply(10).equals(True, "is ready once it is warmed up")
    five = {"requests": 5, "error_rate": 0.2, "p50": 0.3, "p95": 0.5, "p99": 0.5}
    run.reply(11).equals(five, "counts in the window", within=1e-9)
    four = {"requests": 4, "error_rate": 0.0, "p50": 0.2, "p95": 0.4, "p99": 0.4}
    run.reply(12).equals(four, "counts in the window", within=1e-9)


class Health:
    def __init__(self, window, min_requests):
        self.window, self.min_requests, self.warm, self.all = window, min_requests, False, []

    def record(self, now, seconds, ok):
        self.all.append((now, seconds, ok))

    def live(self):
        return True

    def warmed(self):
        self.warm = True

    def ready(self):
        return self.warm

    def stats(self, now):
        recent = [one for one in self.all if one[0] > now - self.window]
        if len(recent) < self.min_requests:
            return {"requests": len(recent), "error_rate": None, "p50": None, "p95": None, "p99": None}
        ordered = sorted(seconds for _, seconds, _ in recent)
        quantiles = {f"p{q}": ordered[math.ceil(q * len(ordered) / 100) - 1] for q in (50, 95, 99)}
        errors = sum(not ok for *_, ok in recent) / len(recent)
        return {"requests": len(recent), "error_rate": errors} | quantiles


class HealthOfALifetime(Health):
    def __init__(self, window, min_requests):
        super().__init__(math.inf, min_requests)


class HealthThatIsReadyAtOnce(Health):
    def ready(self):
        return self.live()


def test_health():
    assert outcome(check_health, worlds=1, Health=Health) == ""
    assert outcome(check_health, worlds=1, Health=HealthOfALifetime) == "counts in the window"
    wrong = outcome(check_health, worlds=1, Health=HealthThatIsReadyAtOnce)
    assert wrong == "is not ready before it is warmed up"
