"""Worlds out of JSON data, and what a random program does in them.

It needs nothing but Python and asynclab, so that it runs wherever a learner's code can.
"""

from __future__ import annotations

import json
from typing import Any

from interpreter import Program, interpret

from asynclab.play import play
from asynclab.record import Record
from asynclab.runner import Limits
from asynclab.service import Quota
from asynclab.world import World


def build(spec: dict[str, Any], **settings: Any) -> tuple[World, dict[str, Any]]:
    """The world that a spec describes, and its services by name; `settings` take the place of its own."""
    world = World(**{**spec["world"], "horizon": 100.0, **settings})
    store = dict(spec["store"])
    fails_first, quota = store.pop("fails_first"), store.pop("quota")

    def fail(key: str, attempt: int) -> Exception | None:
        return ConnectionError("try again") if attempt <= fails_first.get(key, 0) else None

    form, latency = spec["model"]
    return world, {
        "store": world.service("store", fail=fail, quota=Quota(*quota) if quota else None, **store),
        "source": world.source("source", list(range(spec["items"])), latency=spec["source"]),
        "sink": world.sink("sink", latency=spec["sink"]),
        "model": world.service("model", methods={"__call__": ["key"]}, latency=latency, form=form),
    }


def run(program: Program, spec: dict[str, Any], *, threads: bool | None = None, **settings: Any) -> Record:
    """The record of the program in the world; without `threads` in the calling thread."""
    world, services = build(spec, **settings)
    limits = Limits(turns=5_000) if threads is None else Limits(turns=5_000, threads=threads)
    return play(world, interpret, program, services, limits=limits)


def written(program: Program, spec: dict[str, Any], **settings: Any) -> str:
    """The record as text."""
    return json.dumps(run(program, spec, **settings).events)
