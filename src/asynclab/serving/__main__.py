"""The service in a process of its own: `python -m asynclab.serving --help`. SIGTERM drains it."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asynclab.serving.front import Front, to_json
from asynclab.serving.metrics import Metrics
from asynclab.serving.reference_parts import parts
from asynclab.serving.rows import Rows
from asynclab.serving.service import Service
from asynclab.serving.settings import Settings
from asynclab.serving.sleeping_model import SleepingModel

WIDTH = 64


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m asynclab.serving", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free one, which is printed")
    parser.add_argument("--name", default="digits", help="the model's name in the path (default %(default)s)")
    parser.add_argument("--models", type=Path, help="folder with VERSION.pt files; none: a model that sleeps")
    parser.add_argument("--version", default="v1", help="the version to begin with (default %(default)s)")
    parser.add_argument("--grace", type=float, default=10.0, help="seconds for the end (default %(default)g)")
    parser.add_argument("--usual-gc", action="store_true", help="leave the garbage collector as it is")
    for setting in ("max_batch", "cached"):
        add_setting(parser, setting, int)
    for setting in ("max_wait", "budget", "margin", "rate"):
        add_setting(parser, setting, float)
    return parser.parse_args()


def add_setting(parser: argparse.ArgumentParser, name: str, kind: type) -> None:
    parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=getattr(Settings, name))


def loader(folder: Path | None) -> Callable[[str], Any]:
    """What gives the model of a version."""
    if folder is None:
        return lambda version: SleepingModel()
    from asynclab.serving.torch_model import TorchModel  # torch takes seconds to import

    return lambda version: TorchModel.load(folder, version)


def settle_garbage() -> None:
    """Keep the collector from walking over all that is there for good, at every pass.

    What comes later, such as 10,000 connections, it walks over as well, so passes are made rare. What it
    does to the slowest answers: the last table of `benchmarks/serving.py`.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


async def serve(
    options: argparse.Namespace,
    *,
    loads: Callable[[bytes], Any] = json.loads,
    dumps: Callable[[Any], bytes] = to_json,
) -> int:
    """Serve until SIGTERM or SIGINT; then drain. How many requests were cut."""
    chosen = {name: getattr(options, name) for name in vars(Settings()) if hasattr(options, name)}
    made, metrics, ended = parts(), Metrics(), asyncio.Event()
    service = Service(made, loader(options.models), Settings(**chosen), observer=metrics)
    front = Front(service, metrics, options.name, Rows(WIDTH, loads=loads), dumps=dumps)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    port = await front.start(port=options.port)
    await service.start(options.version, example=[0.0] * WIDTH)
    if not options.usual_gc:
        settle_garbage()
    print(json.dumps({"port": port}), flush=True)
    await ended.wait()
    drained: dict[str, int] = await made.drain(front, options.grace)
    print(json.dumps(drained), flush=True)
    return drained["cut"]


if __name__ == "__main__":
    cut = asyncio.run(serve(arguments()))
    os._exit(1 if cut else 0)  # a model that hangs holds its thread, and the usual exit would wait for that
