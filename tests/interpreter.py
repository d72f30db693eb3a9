"""What a random program does: ordinary asyncio code that reads its steps from JSON data.

A program is a list of steps, a step is ``[name, *arguments]``. The names are the methods below. It
needs nothing but Python, so it can be sent to wherever a learner's code runs.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

Program = list[Any]

#: What a service may answer with in place of a value.
FAILURES = (ConnectionError, KeyError, RuntimeError)


async def interpret(program: Program, services: dict[str, Any]) -> list[Any]:
    """Do the steps; return what was done, in the order in which it was done."""
    machine = Machine(services)
    await machine.run(program)
    return list(machine.log)  # as it is now: a thread that is left behind goes on writing


class Machine:
    """The things that steps share, and a method for each step."""

    def __init__(self, services: dict[str, Any]) -> None:
        self.services = services
        self.log: list[Any] = []
        self.loop = asyncio.get_running_loop()
        self.main = asyncio.current_task()
        self.queues = [asyncio.Queue(), asyncio.Queue(1)]
        self.semaphores = [asyncio.Semaphore(1), asyncio.Semaphore(2)]
        self.locks = [asyncio.Lock(), asyncio.Lock()]
        self.events = [asyncio.Event(), asyncio.Event()]
        self.condition = asyncio.Condition()
        self.spawned: list[asyncio.Task[None]] = []
        self.items: list[Any] = []
        self.thread_locks = [threading.Lock(), threading.Lock()]
        self.thread_queue: queue.Queue[Any] = queue.Queue(1)
        self.thread_event = threading.Event()

    async def run(self, program: Program) -> None:
        for name, *arguments in program:
            await getattr(self, name)(*arguments)

    # -- one after the other

    async def say(self, word: str) -> None:
        self.log.append(word)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.log.append("slept")

    async def give_way(self) -> None:
        await asyncio.sleep(0)

    async def call(self, key: str) -> None:
        try:
            self.log.append([key, await self.services["store"].get(key)])
        except FAILURES as failure:
            self.log.append([key, type(failure).__name__])

    async def read(self) -> None:
        try:
            self.items.append(await self.services["source"].get())
        except StopAsyncIteration:
            self.log.append("no more")

    async def write(self) -> None:
        if self.items:
            await self.services["sink"].put(self.items.pop(0))

    async def block(self, seconds: float) -> None:
        time.sleep(seconds)

    async def ask(self, key: str) -> None:
        self.log.append(self.services["model"](key))

    async def fail(self, word: str) -> None:
        raise ValueError(word)

    # -- together

    async def gather(self, programs: list[Program]) -> None:
        await asyncio.gather(*map(self.run, programs))
        self.log.append("gathered")

    async def group(self, programs: list[Program]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for program in programs:
                    group.create_task(self.run(program))
        except* ValueError as several:
            self.log.append(["group", len(several.exceptions)])

    async def timeout(self, seconds: float, program: Program) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.run(program)
        except TimeoutError:
            self.log.append("late")

    async def first(self, programs: list[Program]) -> None:
        tasks = [asyncio.create_task(self.run(program)) for program in programs]
        _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.log.append(["first of", len(tasks), "cancelled", len(pending)])

    async def spawn(self, program: Program) -> None:
        self.spawned.append(asyncio.create_task(self.run(program)))

    async def cancel(self, number: int) -> None:
        if self.spawned:
            self.spawned[number % len(self.spawned)].cancel()

    async def join(self) -> None:
        if asyncio.current_task() is self.main:  # two tasks that join each other cannot even be cancelled
            ends = await asyncio.gather(*self.spawned, return_exceptions=True)
            self.log.append([type(end).__name__ for end in ends])

    async def shield(self, program: Program) -> None:
        self.spawned.append(asyncio.create_task(self.run(program)))
        await asyncio.shield(self.spawned[-1])

    # -- with each other

    async def put(self, number: int, item: str) -> None:
        await self.queues[number].put(item)

    async def get(self, number: int) -> None:
        self.log.append(await self.queues[number].get())

    async def semaphore(self, number: int, program: Program) -> None:
        async with self.semaphores[number]:
            await self.run(program)

    async def lock(self, number: int, program: Program) -> None:
        async with self.locks[number]:
            await self.run(program)

    async def set(self, number: int) -> None:
        self.events[number].set()

    async def wait(self, number: int) -> None:
        await self.events[number].wait()
        self.log.append(["set", number])

    async def notify(self) -> None:
        async with self.condition:
            self.condition.notify()

    async def wait_notified(self) -> None:
        async with self.condition:
            await self.condition.wait()

    # -- in other lanes

    async def thread(self, program: Program) -> None:
        await asyncio.to_thread(self.run_in_thread, program)

    async def processes(self, workers: int, keys: list[str]) -> None:
        with ProcessPoolExecutor(workers) as executor:
            jobs = (self.loop.run_in_executor(executor, self.services["model"], key) for key in keys)
            self.log.append(await asyncio.gather(*jobs))

    def run_in_thread(self, program: Program) -> None:
        for name, *arguments in program:
            getattr(self, f"thread_{name}")(*arguments)

    def thread_say(self, word: str) -> None:
        self.log.append(word)

    def thread_sleep(self, seconds: float) -> None:
        time.sleep(seconds)
        self.log.append("slept in a thread")

    def thread_ask(self, key: str) -> None:
        self.log.append(self.services["model"](key))

    def thread_lock(self, number: int, program: Program) -> None:
        with self.thread_locks[number]:
            self.run_in_thread(program)

    def thread_put(self, item: str) -> None:
        self.thread_queue.put(item)

    def thread_get(self) -> None:
        self.log.append(self.thread_queue.get())

    def thread_set(self) -> None:
        self.thread_event.set()

    def thread_wait(self, seconds: float) -> None:
        self.log.append(self.thread_event.wait(seconds))

    def thread_tell(self, number: int) -> None:
        self.loop.call_soon_threadsafe(self.events[number].set)

    def thread_call(self, key: str) -> None:
        asyncio.run_coroutine_threadsafe(self.call(key), self.loop).result()
