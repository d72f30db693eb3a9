"""Threads, locks, executors and pools on the world's clock, for the lanes of a run only.

While a run is on, these stand in place of Python's. In a thread that belongs to no run each of them
does what it always did. Everything built on `threading.Condition` follows by itself: Event, Queue,
Semaphore, Barrier, Timer and `Future.result`.
"""

from __future__ import annotations

import _thread
import asyncio
import concurrent.futures
import concurrent.futures.process
import concurrent.futures.thread
import functools
import multiprocessing
import multiprocessing.context
import multiprocessing.process
import os
import pickle
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

from asynclab.lanes import Replacement, Replacements, clock_of_this_thread, off_clock
from asynclab.loop import VirtualLoop
from asynclab.scheduler import Lane, RunEnded, ThreadLane

_allocate_lock = _thread.allocate_lock
_real_condition_wait = threading.Condition.wait
_RealRLock: Any = threading._PyRLock  # type: ignore[attr-defined]  # the one in Python, whose lock can be replaced


def _lane() -> Lane | None:
    lane = clock_of_this_thread()
    return lane if isinstance(lane, Lane) else None


# -- locks


class VirtualLock:
    """`threading.Lock`: a lane that waits for it stands still, and the others go on."""

    def __init__(self) -> None:
        self._lock = _allocate_lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        lane = _lane()
        if lane is None:
            return self._lock.acquire(blocking, timeout)
        _may_give_way(lane)
        if not blocking:
            return self._lock.acquire(False)
        return lane.wait(lambda: self._lock.acquire(False), None if timeout < 0 else timeout)

    def release(self) -> None:
        self._lock.release()
        lane = _lane()
        if lane is not None:
            _may_give_way(lane)

    def locked(self) -> bool:
        return self._lock.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self._lock = _allocate_lock()


def _may_give_way(lane: Lane) -> None:
    """Let others go first, perhaps; not at the many locks inside a future, of which nobody's race depends."""
    if not lane.scheduler.explores:
        return
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename in (__file__, threading.__file__):
        frame = frame.f_back
    if frame is None or not frame.f_code.co_filename.startswith(_FUTURES):
        lane.may_give_way()


_FUTURES = str(Path(concurrent.futures.__file__).parent)


class VirtualRLock(_RealRLock):  # type: ignore[misc]
    """`threading.RLock`, on a `VirtualLock`."""

    def __init__(self) -> None:
        super().__init__()
        self._block = VirtualLock()


def _condition_wait(self: Any, timeout: float | None = None) -> bool:
    """`Condition.wait`, which Event, Queue, Semaphore, Barrier and `Future.result` are made of."""
    lane = _lane()
    if lane is None:
        return _real_condition_wait(self, timeout)
    if not self._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    waiter = _allocate_lock()
    waiter.acquire()
    self._waiters.append(waiter)
    saved = self._release_save()
    notified = False
    try:
        notified = lane.wait(lambda: waiter.acquire(False), timeout)
    finally:
        self._acquire_restore(saved)
        if not notified and waiter in self._waiters:
            self._waiters.remove(waiter)
    return notified


# -- threads

_real_start = threading.Thread.start
_real_join = threading.Thread.join


def _start(self: threading.Thread) -> None:
    """`Thread.start`: the thread begins when the world says so, as a lane of its own."""
    lane = _lane()
    if lane is None:
        _real_start(self)
        return
    if self.ident is not None:
        raise RuntimeError("threads can only be started once")
    run = self.run

    def start(live: Callable[[], None]) -> None:
        self.run = live  # type: ignore[method-assign]
        self.daemon = True  # one that is left behind must not keep the process
        with off_clock():  # Python's own start waits until the thread is there
            _real_start(self)

    target = getattr(self, "_target", None)
    name = name_of(target) if target is not None else type(self).__name__  # "Thread-7" counts per process
    vars(self)["_asynclab_lane"] = lane.scheduler.spawn("", "thread", 0, name, run, start)
    lane.may_give_way()


def _join(self: threading.Thread, timeout: float | None = None) -> None:
    lane = _lane()
    its: ThreadLane | None = vars(self).get("_asynclab_lane")
    if lane is None or its is None:
        _real_join(self, timeout)
    else:
        lane.wait(lambda: its.over, timeout)


_real_is_alive = threading.Thread.is_alive


def _is_alive(self: threading.Thread) -> bool:
    its: ThreadLane | None = vars(self).get("_asynclab_lane")
    return _real_is_alive(self) if its is None else not its.over


# -- executors

_real_thread_init = ThreadPoolExecutor.__init__
_real_process_init = ProcessPoolExecutor.__init__
_real_submit = {kind: kind.submit for kind in (ThreadPoolExecutor, ProcessPoolExecutor)}
_real_shutdown = {kind: kind.shutdown for kind in (ThreadPoolExecutor, ProcessPoolExecutor)}


def _process_init(
    self: Any,
    max_workers: int | None = None,
    mp_context: Any = None,
    initializer: Callable[..., object] | None = None,
    initargs: tuple[Any, ...] = (),
    **options: Any,
) -> None:
    """`ProcessPoolExecutor()` without the pipes and semaphores that its real workers need."""
    if _lane() is None:
        _real_process_init(self, max_workers, mp_context, initializer, initargs, **options)
        return
    if max_workers is not None and max_workers <= 0:
        raise ValueError("max_workers must be greater than 0")
    self._max_workers = os.cpu_count() if max_workers is None else max_workers
    self._executor_manager_thread = None
    self._initializer, self._initargs = initializer, initargs


def _submit(self: Any, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
    """`submit` of both executors: the job runs in a lane when the world has a worker for it."""
    lane = _lane()
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


def _shutdown(self: Any, wait: bool = True, *, cancel_futures: bool = False) -> None:
    lane = _lane()
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


# -- multiprocessing


class VirtualPool:
    """`multiprocessing.Pool` on a process executor; like the original it blocks the thread that asks."""

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
    ) -> None:
        self._executor = ProcessPoolExecutor(processes, initializer=initializer, initargs=tuple(initargs))
        vars(self._executor)["_max_workers"] = processes or os.cpu_count() or 1

    def apply_async(
        self,
        func: Callable[..., Any],
        args: Iterable[Any] = (),
        kwds: dict[str, Any] | None = None,
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> _Result:
        return _Result([self._executor.submit(func, *args, **(kwds or {}))], single=True).then(
            callback, error_callback
        )

    def map_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> _Result:
        return self.starmap_async(func, ((item,) for item in iterable), chunksize, callback, error_callback)

    def starmap_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> _Result:
        jobs = [self._executor.submit(func, *args) for args in iterable]
        return _Result(jobs).then(callback, error_callback)

    def apply(
        self, func: Callable[..., Any], args: Iterable[Any] = (), kwds: dict[str, Any] | None = None
    ) -> Any:
        return self.apply_async(func, args, kwds).get()

    def map(self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int | None = None) -> Any:
        return self.map_async(func, iterable, chunksize).get()

    def starmap(
        self, func: Callable[..., Any], iterable: Iterable[Iterable[Any]], chunksize: int | None = None
    ) -> Any:
        return self.starmap_async(func, iterable, chunksize).get()

    def imap(self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int = 1) -> Iterator[Any]:
        jobs = [self._executor.submit(func, item) for item in iterable]
        return (job.result() for job in jobs)

    def imap_unordered(
        self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int = 1
    ) -> Iterator[Any]:
        jobs = [self._executor.submit(func, item) for item in iterable]
        return (job.result() for job in concurrent.futures.as_completed(jobs))

    def close(self) -> None:
        self._executor.shutdown(wait=False)

    def terminate(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

    def join(self) -> None:
        self._executor.shutdown(wait=True)

    def __enter__(self) -> VirtualPool:
        return self

    def __exit__(self, *error: object) -> None:
        self.terminate()


class _Result:
    """`AsyncResult`: one value, or a list of them."""

    def __init__(self, jobs: list[Future[Any]], *, single: bool = False) -> None:
        self._jobs = jobs
        self._single = single

    def then(
        self, callback: Callable[[Any], object] | None, failed: Callable[[BaseException], object] | None
    ) -> _Result:
        """Call back once all jobs are done, from the lane of the last one."""

        def settled(_: Future[Any]) -> None:
            if self.ready():
                try:
                    value = self.get()
                except Exception as error:
                    if failed is not None:
                        failed(error)
                else:
                    if callback is not None:
                        callback(value)

        for job in self._jobs if callback or failed else ():
            job.add_done_callback(settled)
        return self

    def get(self, timeout: float | None = None) -> Any:
        values = [job.result(timeout) for job in self._jobs]
        return values[0] if self._single else values

    def wait(self, timeout: float | None = None) -> None:
        concurrent.futures.wait(self._jobs, timeout)

    def ready(self) -> bool:
        return all(job.done() for job in self._jobs)

    def successful(self) -> bool:
        if not self.ready():
            raise ValueError("the result is not ready")
        return all(job.exception() is None for job in self._jobs)


def _start_process(self: Any) -> None:
    if _lane() is None:
        _real_process_start(self)
    else:
        raise RuntimeError(
            "a multiprocessing.Process cannot run on the world's clock: "
            "use a ProcessPoolExecutor or multiprocessing.Pool"
        )


_real_process_start = multiprocessing.process.BaseProcess.start
_real_pool = multiprocessing.context.BaseContext.Pool


_real_default_pool = multiprocessing.Pool


def _pool(self: Any, *args: Any, **named: Any) -> Any:
    return _real_pool(self, *args, **named) if _lane() is None else VirtualPool(*args, **named)


def virtual_pool(*args: Any, **named: Any) -> Any:
    return _real_default_pool(*args, **named) if _lane() is None else VirtualPool(*args, **named)


# -- how many cores there are

_real_cpu_count = os.cpu_count


def _cpu_count() -> int | None:
    """The world's cores, in its lanes."""
    lane = _lane()
    return _real_cpu_count() if lane is None else lane.scheduler.cores


def _made_in_a_lane(virtual: Callable[[], Any], real: Callable[[], Any]) -> Callable[[], Any]:
    def make() -> Any:
        return real() if _lane() is None else virtual()

    return make


virtual_lock = _made_in_a_lane(VirtualLock, threading.Lock)
virtual_rlock = _made_in_a_lane(VirtualRLock, threading.RLock)


_real_new_event_loop = asyncio.events.new_event_loop
_real_socket_init = socket.socket.__init__
_real_popen_init = subprocess.Popen.__init__
_real_signal = signal.signal


def _new_event_loop() -> asyncio.AbstractEventLoop:
    """What `asyncio.run` runs in: in a thread of a run, a loop on the world's clock."""
    lane = _lane()
    return _real_new_event_loop() if lane is None else VirtualLoop(lane.scheduler, lane)


def _refused(real: Callable[..., Any], what: str) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Any:
        if _lane() is None:
            return real(*args, **named)
        raise RuntimeError(f"{what} cannot be used on the world's clock: {INSTEAD[what]}")

    return call


INSTEAD = {
    "a socket": "call the service that you were given",
    "a subprocess": "call the service that you were given, or use a ProcessPoolExecutor",
    "a signal handler": "wait for an asyncio.Event or a timeout instead",
}


def _table() -> list[Replacement]:
    executors: list[Replacement] = [
        (kind, name, replacement)
        for kind in (ThreadPoolExecutor, ProcessPoolExecutor)
        for name, replacement in (("submit", _submit), ("shutdown", _shutdown))
    ]
    return [
        (threading, "Lock", virtual_lock),
        (threading, "RLock", virtual_rlock),
        (threading.Condition, "wait", _condition_wait),
        (threading.Thread, "start", _start),
        (threading.Thread, "join", _join),
        (threading.Thread, "is_alive", _is_alive),
        (queue, "SimpleQueue", _made_in_a_lane(vars(queue)["_PySimpleQueue"], queue.SimpleQueue)),
        (ProcessPoolExecutor, "__init__", _process_init),
        *executors,
        (multiprocessing, "Pool", virtual_pool),
        (multiprocessing.context.BaseContext, "Pool", _pool),
        (multiprocessing.process.BaseProcess, "start", _start_process),
        (os, "cpu_count", _cpu_count),
        (asyncio.events, "new_event_loop", _new_event_loop),
        (asyncio, "new_event_loop", _new_event_loop),
        (socket.socket, "__init__", _refused(_real_socket_init, "a socket")),
        (subprocess.Popen, "__init__", _refused(_real_popen_init, "a subprocess")),
        (signal, "signal", _refused(_real_signal, "a signal handler")),
    ]


#: Inside ``with virtual_threads:``, lanes of a run have threads, locks and executors on the world's clock.
virtual_threads = Replacements(_table)

#: What a learner's module may have bound before the run: ``from threading import Lock``.
EARLY_BOUND = (
    (threading.Lock, virtual_lock),
    (threading.RLock, virtual_rlock),
    (multiprocessing.Pool, virtual_pool),
    (os.cpu_count, _cpu_count),
)
