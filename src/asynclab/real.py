"""An answer on the real clock: the scene of its check, with a server on this machine in place of the world.

The server has a thread and a loop of its own, so that a blocked loop in the notebook does not stop it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from asynclab.cell import present
from asynclab.driver import drive, recorder_here, task_factory
from asynclab.exercise import find_exercise
from asynclab.link import CALLABLE, SERVICE, decode, encode
from asynclab.live import observe
from asynclab.narrate import about_seconds, count, format_seconds, one_line
from asynclab.picture import figure, text_bars
from asynclab.player import LocalPlayer
from asynclab.record import Raised, Record, Returned
from asynclab.recorder import Recorder, plain
from asynclab.runner import How
from asynclab.service import Bound, Service
from asynclab.source_line import line_of_traceback
from asynclab.trial import Trial
from asynclab.world import World

if TYPE_CHECKING:
    from aiohttp import ClientSession, web

#: Seconds that the real run may take longer than the simulated one; it is stopped then.
PATIENCE = 10.0


class NotForReal(Exception):
    """This exercise has no real counterpart; the message says why."""


async def run_for_real(exercise: str, names: Mapping[str, Any]) -> None:
    """Run the answer among `names` in its check's smallest scene, simulated and real, and draw both."""
    try:
        scene = _scene_of(exercise, names)
        record = await _run(scene, names[exercise])
    except (LookupError, NotForReal) as why:
        said = str(why.args[0])
        present({"text/html": f"<p>{one_line(said, 500)}</p>"}, said)
        return
    sentence = compare(scene.simulated, record)
    text = f"{text_bars(record)}\n{sentence}"
    present({"text/html": figure(record, sentence, about=True, ghost=scene.simulated)}, text)


# -- the scene


class _Scene(Exception):
    """The first run that a check asked for; raised to leave the check, which is not to judge it."""

    def __init__(self, args: Sequence[Any], how: How, simulated: Record) -> None:
        self.given, self.how, self.simulated = args, how, simulated
        self.services = {service.name: service for service in _services_in(args)}


def _services_in(value: object) -> Iterator[Service]:
    match value:
        case Service():
            yield value
        case Bound(service=service):
            yield service
        case dict():
            yield from _services_in(list(value.values()))
        case [*items]:
            for item in items:
                yield from _services_in(item)


class _FirstRun:
    """A player that plays once."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._player = LocalPlayer(names)

    def play(self, world: World, name: str | int, args: Sequence[Any], how: How) -> Record:
        raise _Scene(args, how, self._player.play(world, name, args, how))


def _scene_of(exercise: str, names: Mapping[str, Any]) -> _Scene:
    found = find_exercise(exercise)
    if exercise not in names:
        raise NotForReal(f"{exercise} is not defined yet: run the cell with your answer first.")
    try:
        found.check(Trial(_FirstRun(names), references=found.references()))
    except _Scene as scene:
        if scene.how not in ("await", "iterate") or not scene.services:
            raise NotForReal(f"{exercise} asks no service, so there is nothing to run for real.") from None
        for service in scene.services.values():
            if service.form != "await" or service.is_source:
                raise NotForReal(f"{service.name} is no service that one asks over a network.") from None
        return scene
    raise NotForReal(f"The check of {exercise} runs nothing.")


# -- the server


@asynccontextmanager
async def _server(services: Mapping[str, Service]) -> AsyncIterator[int]:
    """The services on a port of 127.0.0.1, in a thread of their own, until the end of the block."""
    loop, started = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
    inside: dict[str, Any] = {}

    async def serve() -> None:
        from aiohttp import web

        app = web.Application()
        app.router.add_post("/{service}/{method}", partial(_answer, services, _places(services)))
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        inside.update(loop=asyncio.get_running_loop(), stop=asyncio.Event())
        loop.call_soon_threadsafe(started.set_result, runner.addresses[0][1])
        await inside["stop"].wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="asynclab server", daemon=True)
    thread.start()
    port: int = await started
    try:
        yield port
    finally:
        inside["loop"].call_soon_threadsafe(inside["stop"].set)
        await asyncio.to_thread(thread.join)


def _places(services: Mapping[str, Service]) -> dict[str, asyncio.Semaphore]:
    return {name: asyncio.Semaphore(service.capacity or 10_000) for name, service in services.items()}


async def _answer(
    services: Mapping[str, Service], places: Mapping[str, asyncio.Semaphore], request: web.Request
) -> web.Response:
    from aiohttp import web

    service, method = services[request.match_info["service"]], request.match_info["method"]
    args = await request.json()
    attempt = service.attempt(method, args)
    async with places[service.name]:
        if method not in service.instant:
            await asyncio.sleep(service.latency_of(*args, attempt=attempt, method=method))
    failure = service.failure_of(*args, attempt=attempt)
    if failure is not None:
        return web.json_response({"error": encode(failure)})
    return web.json_response({"value": encode(service.reply(*args, method=method))})


# -- the clients


class _Client:
    """Has the methods of a service of the simulated world, and asks the real server."""

    def __init__(self, session: ClientSession, port: int, reference: dict[str, Any]) -> None:
        self._session = session
        self._address = f"http://127.0.0.1:{port}/{reference[SERVICE]}"
        self._name = reference[SERVICE]
        self._methods = reference["methods"]

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("__") or method not in self._methods:
            raise AttributeError(f"{self._name} has no method {method!r}")
        return partial(self.call, method)

    async def __call__(self, *args: Any, **named: Any) -> Any:
        return await self.call("__call__", *args, **named)

    async def call(self, method: str, *args: Any, **named: Any) -> Any:
        given = (*args, *(named[name] for name in self._methods[method][len(args) :]))
        return await observe(self._ask(method, given), self._name, method, *given)

    async def _ask(self, method: str, args: tuple[Any, ...]) -> Any:
        watched = recorder_here.set(None)  # the tasks that aiohttp makes are none of the learner's
        try:
            async with self._session.post(f"{self._address}/{method}", json=encode(list(args))) as answer:
                body = await answer.json()
        finally:
            recorder_here.reset(watched)
        if "error" in body:
            raise decode(body["error"])
        return decode(body["value"])


async def _run(scene: _Scene, function: Callable[..., Any]) -> Record:
    """The real run, as a record."""
    from aiohttp import ClientSession, TCPConnector

    async with _server(scene.services) as port, ClientSession(connector=TCPConnector(limit=0)) as session:

        def refer(reference: dict[str, Any]) -> Any:
            if SERVICE in reference:
                return _Client(session, port, reference)
            if CALLABLE in reference:
                client = _Client(session, port, reference[CALLABLE])
                return partial(client.call, reference["method"], *decode(reference["args"], refer))
            raise NotForReal("The scene has an object of yours in it, which no server has.")

        args = decode(encode(list(scene.given)), refer)
        recorder = Recorder()
        patience = scene.simulated.elapsed + PATIENCE
        await _record(recorder, _call(function, args, scene.how, recorder), function.__name__, patience)
        return recorder.record()


async def _call(function: Callable[..., Any], args: list[Any], how: How, recorder: Recorder) -> Any:
    if how == "await":
        return await function(*args)
    async for item in function(*args):
        recorder.add("item", plain(item))
    return None


async def _record(recorder: Recorder, coro: Any, name: str, patience: float) -> None:
    token = recorder_here.set(recorder)
    try:
        with task_factory(asyncio.get_running_loop()):
            async with asyncio.timeout(patience):
                value = await drive(recorder, recorder.begin(name) or 0, coro)
        recorder.add("return", plain(value))
    except Exception as error:  # whatever the answer raises is part of what happened
        recorder.add("raise", type(error).__name__, str(error), line_of_traceback(error.__traceback__))
    finally:
        recorder_here.reset(token)
        recorder.close()


# -- the sentence


def compare(simulated: Record, real: Record) -> str:
    """Where the real run differs from the simulated one, and why."""
    took = f"{about_seconds(real.elapsed).capitalize()} on the real clock, "
    took += f"{format_seconds(simulated.elapsed)} on the world's."
    if type(simulated.outcome) is not type(real.outcome) or isinstance(real.outcome, Raised):
        return f"{took} {_ended('In the world', simulated)} {_ended('For real', real)}"
    if len(real.calls()) != len(simulated.calls()):
        return f"{took} For real it made {count(len(real.calls()), 'call')}, not {len(simulated.calls())}."
    later = max((_extra(*pair) for pair in _pairs(simulated, real)), default=0.0)
    why = "the way to the server and back, JSON, and the turns of two loops"
    if real.peak().count != simulated.peak().count:
        peaks = f"at most {real.peak().count} calls in flight where the world had {simulated.peak().count}"
        return f"{took} For real it had {peaks}: a real clock spreads what the world does at one instant."
    return f"{took} The calls took up to {about_seconds(later).removeprefix('about ')} longer: {why}."


def _pairs(simulated: Record, real: Record) -> list[tuple[Any, Any]]:
    """The calls that are each other's counterpart: the same one asked for, in the same turn."""
    order = sorted(real.calls(), key=lambda call: call.start_ns)
    left = list(order)
    pairs = []
    for call in simulated.calls():
        same = next((one for one in left if (one.service, one.args) == (call.service, call.args)), None)
        if same is not None:
            left.remove(same)
            pairs.append((call, same))
    return pairs


def _extra(simulated: Any, real: Any) -> float:
    """Seconds that the real call took longer."""
    if simulated.end is None or real.end is None:
        return 0.0
    return float(max((real.end - real.start) - (simulated.end - simulated.start), 0.0))


def _ended(where: str, record: Record) -> str:
    match record.outcome:
        case Returned():
            return f"{where} it returned."
        case Raised(kind, text):
            return f"{where} it raised {kind}{': ' if text else ''}{one_line(text, 120)}."
    return f"{where} it was stopped."
