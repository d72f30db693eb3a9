"""Answers as a learner types them into a cell, and the verdict on them."""

import itertools
import linecache
import textwrap
from dataclasses import replace

from asynclab.exercise import examine, find_exercise
from asynclab.player import CPU_BUDGET

_cells = itertools.count(1)

#: Right answers, to see that the next check works.
RIGHT = {
    "fetch_all": """
import asyncio

async def fetch_all(store, keys):
    return await asyncio.gather(*(store.get(key) for key in keys))
""",
    "fetch_as_ready": """
import asyncio

async def fetch_as_ready(store, keys):
    async def pair(key):
        return key, await store.get(key)

    for done in asyncio.as_completed([pair(key) for key in keys]):
        yield await done
""",
}


def run_cell(source):
    """The names that a cell defines; its lines can be quoted, as those of a notebook's cell can."""
    source = textwrap.dedent(source)
    filename = f"<cell {next(_cells)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    names = {"__name__": "__main__"}
    exec(compile(source, filename, "exec"), names)  # noqa: S102
    return names


def verdict_on(source, exercise="fetch_all", seed=0, budget=CPU_BUDGET):
    return examine(replace(find_exercise(exercise), budget=budget), run_cell(source), seed=seed)
