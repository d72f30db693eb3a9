"""The times by which `best_tool` is judged are those of four plain programs, played in worlds."""

import asyncio
import math
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from asynclab.exercises.concurrency import PROCESS_START, TOOLS, best_tool, schedule, seconds_of
from asynclab.play import play
from asynclab.player import LocalPlayer
from asynclab.trial import Trial
from asynclab.world import World


def do_all(steps):
    for step in steps:
        step()


async def sequential(steps, tasks, cores):
    for _ in range(tasks):
        do_all(steps)


async def concurrent(steps, tasks, cores):
    async def one():
        for step in steps:
            waiting = step()
            if asyncio.iscoroutine(waiting):
                await waiting

    await asyncio.gather(*[one() for _ in range(tasks)])


async def in_threads(steps, tasks, cores):
    await in_pool(ThreadPoolExecutor(tasks), steps, tasks)


async def in_processes(steps, tasks, cores):
    await in_pool(ProcessPoolExecutor(cores), steps, tasks)


async def in_pool(pool, steps, tasks):
    loop = asyncio.get_running_loop()
    with pool:
        await asyncio.gather(*[loop.run_in_executor(pool, do_all, steps) for _ in range(tasks)])


PROGRAMS = {
    "sequential": sequential,
    "async": concurrent,
    "threads": in_threads,
    "processes": in_processes,
}


def played(workload, tool):
    """Seconds that the tool's program takes for the work in a world; infinite without the memory for it."""
    needs = {"threads": 0.1 * workload["tasks"], "processes": 30 * workload["cores"]}
    if needs.get(tool, 0) > workload["memory"]:
        return math.inf
    awaited = tool == "async" and not workload["blocking"]
    forms = {"wait": "await" if awaited else "sleep", "python": "python", "native": "native"}
    world = World(cores=workload["cores"], process_start=PROCESS_START, horizon=1e6)
    steps = [
        world.service(kind, methods={"__call__": []}, latency=workload[kind], form=form)
        for kind, form in forms.items()
        if workload[kind]
    ]
    return play(world, PROGRAMS[tool], steps, workload["tasks"], workload["cores"]).elapsed


def workloads():
    """Those of the smallest world and of another one."""
    seen = []

    def spy(workload):
        seen.append(workload)
        return "async"

    for number in (0, 1):
        best_tool.check(Trial(LocalPlayer({"best_tool": spy}), seed=3, number=number))
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS)
def test_the_times_of_a_tool_are_those_of_its_program_in_a_world(tool):
    for workload in workloads():
        if workload["tasks"] <= 1000:  # the others take the same path, and minutes
            assert played(workload, tool) == pytest.approx(seconds_of(workload, tool)), workload


def test_there_are_twelve_workloads_and_no_tool_is_best_for_all():
    first = workloads()[:12]
    best = {min(TOOLS, key=lambda tool: seconds_of(workload, tool)) for workload in first}

    assert len({str(workload) for workload in first}) == 12
    assert best == {"async", "threads", "processes"} | ({"sequential"} & best)


def test_list_scheduling_takes_jobs_in_order():
    assert schedule([2.0, 1.0, 1.0, 3.0], workers=2) == [(0.0, 2.0), (0.0, 1.0), (1.0, 2.0), (2.0, 5.0)]
