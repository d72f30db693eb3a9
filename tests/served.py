"""A service on a port of this machine, with a model that does what its rows say, and clients for it."""

import asyncio
import json
import re
import threading
from contextlib import asynccontextmanager
from dataclasses import dataclass

from asynclab.serving.front import Front
from asynclab.serving.metrics import Metrics
from asynclab.serving.reference_parts import parts
from asynclab.serving.rows import Rows
from asynclab.serving.service import Service
from asynclab.serving.settings import Settings

PATH = "/v1/models/doubler:predict"
WIDTH = 3
PATIENT = 60.0  # seconds: more than any test takes on the busiest machine, so no clock decides it

#: What the first number of a row makes of the model: doubled by it otherwise.
POISON, BREAKS, IS_SHORT, HANGS, IS_NAN = 666, 13, 31, 42, 99


class Model:
    """Doubles the first number of each row, except for those above."""

    def __init__(self):
        self.calls, self.began, self.goes_on, self.freed = [], threading.Event(), threading.Event(), False

    def predict(self, rows):
        firsts = [row[0] for row in rows]
        self.calls.append(list(firsts))
        self.began.set()
        if HANGS in firsts:
            self.goes_on.wait(PATIENT)
        if POISON in firsts:
            raise ValueError("this row is not for me")
        if BREAKS in firsts:
            raise RuntimeError("out of memory")
        if IS_SHORT in firsts:
            firsts.pop()
        return [float("nan") if first == IS_NAN else 2 * first for first in firsts]

    def warm_up(self):
        self.predict([[0] * WIDTH])

    def free(self):
        self.freed = True


@dataclass
class Served:
    """What a test sees of it."""

    port: int
    front: Front
    service: Service
    models: dict[str, Model]

    @property
    def model(self):
        return self.models["v1"]

    async def ask(self, first, path=PATH, **headers):
        """Ask for one row; the status, the headers and the body of what comes back."""
        return await self.send(json.dumps({"row": [first] * WIDTH}), path, **headers)

    async def send(self, body, path=PATH, method="POST", **headers):
        body = body if isinstance(body, bytes) else body.encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: here", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return await self.exchange("\r\n".join([*lines, "", ""]).encode() + body)

    async def exchange(self, data):
        """Send these bytes on a connection of their own, and read one response."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(data)
            return await response(reader)
        finally:
            writer.close()

    async def counters(self):
        """The metrics page: the numbers by name and labels."""
        _, _, page = await self.send("", "/metrics", "GET")
        lines = [line.rpartition(" ") for line in page.decode().splitlines() if not line.startswith("#")]
        return {name: float(number) for name, _, number in lines}

    async def statuses(self):
        """How many responses of each status were counted; they are as many as requests, or this fails."""
        seen = await self.counters()
        found = {name: re.search('code="(.+?)"', name) for name in seen if "serving_responses_total{" in name}
        statuses = {}
        for name, code in found.items():
            statuses[int(code[1])] = statuses.get(int(code[1]), 0) + int(seen[name])
        assert sum(statuses.values()) == seen["serving_requests_total"]
        assert seen["serving_requests_open"] == seen["serving_rows_waiting"] == 0
        return statuses


async def response(reader):
    """Status, headers in small letters, body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return int(status.split()[1]), headers, body


@asynccontextmanager
async def served(settings=None, limits=None, fallback=None):
    """Inside the block it is served; afterwards nothing of it runs any more."""
    models, made, metrics = {}, parts(), Metrics()

    def load(version):
        if not version.startswith("v"):
            raise KeyError(version)
        return models.setdefault(version, Model())

    settings = settings or Settings(budget=PATIENT)
    service = Service(made, load, settings, fallback=fallback, observer=metrics)
    front = Front(service, metrics, "doubler", Rows(WIDTH), limits)
    port = await front.start()
    await service.start("v1", [0] * WIDTH)
    for model in models.values():
        model.calls.clear()
        model.began.clear()
    try:
        yield Served(port, front, service, models)
    finally:
        for model in models.values():
            model.goes_on.set()
        await made.drain(front, PATIENT)


async def until(true):
    """Until it holds; the last resort against waiting for ever is pytest's timeout."""
    while not true():
        await asyncio.sleep(0.001)
