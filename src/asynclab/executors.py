"""Executors on the world's clock: each job, of a thread or a process, is a lane once a worker has it."""

from __future__ import annotations

import functools
import os
import pickle
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

from asynclab.scheduler import RunEnded, lane_of_this_thread

_real_process_init = ProcessPoolExecutor.__init__
_real_submit = {kind: kind.submit for kind in (ThreadPoolExecutor, ProcessPoolExecutor)}
_real_shutdown = {kind: kind.shutdown for kind in (ThreadPoolExecutor, ProcessPoolExecutor)}


def process_init(
    self: Any,
    max_workers: int | None = None,
    mp_context: Any = None,
    initializer: Callable[..., object] | None = None,
    initargs: tuple[Any, ...] = (),
    **options: Any,
) -> None:
    """`ProcessPoolExecutor()` without the pipes and semaphores that its real workers need."""
    if lane_of_this_thread() is None:
        _real_process_init(self, max_workers, mp_context, initializer, initargs, **options)
        return
    if max_workers is not None and max_workers <= 0:
        raise ValueError("max_workers must be greater than 0")
    self._max_workers = os.cpu_count() if max_workers is None else max_workers
    self._executor_manager_thread = None
    self._initializer, self._initargs = initializer, initargs


def submit(self: Any, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
    """`submit` of both executors: the job runs in a lane when the world has a worker for it."""
    lane = lane_of_this_thread()
    kind = ProcessPoolExecutor if isinstance(self, ProcessPoolExecutor) else ThreadPoolExecutor
    if lane is None:
        result: Future[Any] = _real_submit[kind](self, function, *args, **named)
        return result
    if vars(self).get("_asynclab_shut"):
        raise RuntimeError("cannot schedule new futures after shutdown")
    job: Callable[[], Any] = functools.partial(function, *args, **named)
    future: Future[Any] = Future()
    if kind is ProcessPoolExecutor:
        try:
            job = _in_a_process(job)
        except Exception as error:
            future.set_exception(error)
            return future
    jobs: list[Future[Any]] = vars(self).setdefault("_asynclab_jobs", [])
    if self._initializer is not None and len(jobs) < self._max_workers:  # a worker's first job
        job = _initialized(functools.partial(self._initializer, *self._initargs), job)
    word = "process" if kind is ProcessPoolExecutor else "thread"
    pool = f"{word} pool {lane.scheduler.number_of(self)}"
    lane.scheduler.spawn(pool, word, self._max_workers, name_of(function, args), _settling(future, job))
    jobs.append(future)
    lane.may_give_way()
    return future


def _initialized(initialize: Callable[[], object], job: Callable[[], Any]) -> Callable[[], Any]:
    def work() -> Any:
        initialize()
        return job()

    return work


def _in_a_process(job: Callable[[], Any]) -> Any:
    """The job as a process has it: a copy by pickle on the way in, and of the result on the way out."""
    blob = pickle.dumps(job)

    def work() -> Any:
        return pickle.loads(pickle.dumps(pickle.loads(blob)()))

    return work


def _settling(future: Future[Any], job: Callable[[], Any]) -> Callable[[], None]:
    """The body of a lane: run the job and settle its future."""

    def body() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = job()
        except RunEnded:
            raise
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    return body


def shutdown(self: Any, wait: bool = True, *, cancel_futures: bool = False) -> None:
    lane = lane_of_this_thread()
    kind = ProcessPoolExecutor if isinstance(self, ProcessPoolExecutor) else ThreadPoolExecutor
    if lane is None:
        if "_asynclab_jobs" not in vars(self):
            _real_shutdown[kind](self, wait, cancel_futures=cancel_futures)
        return
    vars(self)["_asynclab_shut"] = True
    jobs: list[Future[Any]] = vars(self).get("_asynclab_jobs", [])
    for job in jobs if cancel_futures else ():
        job.cancel()
    if wait:
        lane.wait(lambda: all(job.done() for job in jobs))


def name_of(function: Any, args: tuple[Any, ...] = ()) -> str:
    """What a job is called: the function's own name, under the wrappers of `asyncio.to_thread`."""
    while isinstance(function, functools.partial):
        function, args = function.func, function.args
    if type(getattr(function, "__self__", None)).__name__ == "Context" and args:  # Context.run(function, ...)
        return name_of(args[0], args[1:])
    return str(getattr(function, "__name__", type(function).__name__))
