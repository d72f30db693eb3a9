"""`multiprocessing.Pool` on the world's clock."""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any


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
