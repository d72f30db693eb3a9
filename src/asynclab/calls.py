"""The calls of a run, in the hands of the world's services."""

from __future__ import annotations

from functools import partial
from typing import Any

from asynclab.computer import Computer
from asynclab.link import encode, stands_for, text_of
from asynclab.proceedings import Proceedings, Timer
from asynclab.protocol import ProtocolError, shown, weigh
from asynclab.service import Service, to_ns

MAX_IN_FLIGHT = 100_000


class _Request:
    """A call in the world's hands."""

    __slots__ = ("args", "attempt", "lane", "method", "service", "timer")

    def __init__(
        self, service: Service, method: str, args: list[Any], attempt: int, lane: int | None
    ) -> None:
        self.service = service
        self.method = method
        self.args = args
        self.attempt = attempt
        self.lane = lane  # whose thread stands still meanwhile; None for an awaited call
        self.timer: Timer | None = None  # None while it waits in line


class Calls:
    """Takes calls to `services`, has them worked on, and answers them."""

    def __init__(self, run: Proceedings, computer: Computer) -> None:
        self.services: dict[str, Service] = {}
        self._run = run
        self._log, self._at = run.log, run.at  # for every call there are several
        self._computer = computer
        self._requests: dict[int, _Request] = {}

    def on_call(self, id: int, lane: int, service: str, method: str, args: list[Any], task: str) -> None:
        self._computer.check_lane(lane)
        self._begin_call(id, lane, service, method, args, task, blocking=False)

    def on_work(
        self, id: int, lane: int, service: str, method: str, args: list[Any], task: str, line: str
    ) -> None:
        self._computer.check_lane(lane)
        asked = self.services.get(service)
        why = service if method == "__call__" else method
        self._computer.hold(lane, task, why, line, computes=asked is not None and asked.form != "sleep")
        self._begin_call(id, lane, service, method, args, task, blocking=True)

    def _begin_call(
        self, id: int, lane: int, name: str, method: str, args: list[Any], task: str, *, blocking: bool
    ) -> None:
        self._run.take_id(id)
        service = self.services.get(name)
        if service is None or method not in service.methods or (service.form == "await") is blocking:
            raise ProtocolError(f"there is no {shown(name)} with such a method {shown(method)}")
        if len(args) != len(service.methods[method]):
            raise ProtocolError(f"{name}.{method} does not take {len(args)} arguments")
        if len(self._requests) >= MAX_IN_FLIGHT:
            self._run.stop("events", f"it had {MAX_IN_FLIGHT:,} calls in flight at once", "")
            return
        self._log("call", id, name, method, args, task)
        request = _Request(service, method, args, service.attempt(method, args), lane if blocking else None)
        self._requests[id] = request
        if not service.admits(self._run.now):
            self._fail(id, RuntimeError("429 Too Many Requests"))
        elif service.capacity is None or service.in_service < service.capacity:
            self._start(id, request)
        else:
            service.line[id] = None

    def _start(self, id: int, request: _Request) -> None:
        service = request.service
        service.in_service += 1
        try:
            took = self._time_of(request)
        except Exception as error:  # arguments that the service cannot make anything of
            request.timer = self._at(self._run.now, self._fail_now, (id, error))
            return
        if request.lane is not None and service.form in ("python", "native"):
            self._computer.compute(request.lane, service.form, took, partial(self._finish, id))
            request.timer = [0, 0, None, None]  # in service; its end comes from the processor
        else:
            request.timer = self._at(self._run.now + took, self._finish, id)

    def _time_of(self, request: _Request) -> int:
        """How long the service will work on it, in ns."""
        service = request.service
        took = to_ns(service.latency_of(*request.args, attempt=request.attempt, method=request.method))
        knee = service.knee_at(self._run.now)
        if knee is not None and service.in_service > knee:
            took = took * service.in_service // knee
        return 0 if request.method in service.instant else took

    def _finish(self, id: int) -> None:
        request = self._requests[id]
        try:
            failure, value = self._answer_to(request)
        except Exception as error:
            failure, value = error, None
        if failure is not None:
            self._fail(id, failure)
            return
        self._end_call(id)
        self._log("reply", id, value)
        self._run.done.append([id, "reply", value])
        if type(value) is list or type(value) is dict:
            self._run.spend(weigh([value]))

    def _answer_to(self, request: _Request) -> tuple[BaseException | None, Any]:
        """What the service answers with: an exception, or else a value."""
        service, args = request.service, request.args
        if service.down_at(self._run.now):
            return ConnectionError(f"{service.name} is down"), None
        failure = service.failure_of(*args, attempt=request.attempt)
        if failure is not None:
            return failure, None
        return None, encode(
            service.next_item() if service.is_source else service.reply(*args, method=request.method)
        )

    def _fail_now(self, failed: tuple[int, Exception]) -> None:
        self._fail(*failed)

    def _fail(self, id: int, failure: BaseException) -> None:
        self._end_call(id)
        name, text = stands_for(type(failure)), text_of(failure)
        self._log("error", id, name, text)
        self._run.done.append([id, "error", name, text])

    def on_cancel(self, id: int) -> None:
        if not self._run.was_asked(id):
            raise ProtocolError(f"nobody asked for {id}")
        request = self._requests.get(id)
        if request is None:
            return  # the answer was on its way
        if request.lane is not None:
            raise ProtocolError(f"{id} holds lane {request.lane}, which cannot let go of it")
        self._end_call(id)
        self._log("cancel", id)

    def _end_call(self, id: int) -> None:
        """Take a call out of the service's hands and start the next one in line."""
        request = self._requests.pop(id)
        service = request.service
        if request.lane is not None:
            self._computer.release(request.lane)
        if request.timer is None:
            service.line.pop(id, None)
            return
        request.timer[2] = None  # a cancelled timer must not move the clock
        service.in_service -= 1
        if service.line:
            next_id, _ = service.line.popitem(last=False)
            self._start(next_id, self._requests[next_id])
