"""The process that a learner's code runs in: the cells of a notebook, then its functions in worlds.

Everything that this process had is given up before (`lockdown`), and it was forked, or started, for
one exercise. Its link to the judge is fd 3, with a line of JSON for each step:

    judge:  {"cell": "x = 1", "nonce": 7}       run it in the IPython shell
    worker: {"nonce": 7, "ok": true, "outputs": [...]}
    judge:  {"name": "fetch_all", "args": [...], "how": "await", "settings": {...}, "limits": {...}}
    ...     then the worker speaks for the run and the judge for the world, as in `asynclab.wire`

The learner's code may read, forge or break any of it: the judge takes all of it for hostile, and what
is forged here is no more than what the code could have done in the open.
"""

import asyncio
import json
import os
import socket
from typing import Any, NoReturn

from asynclab.answering import FarWorld, Link
from asynclab.namespace import Namespace
from asynclab.runner import Job, Limits, run
from grader.lockdown import CHANNEL, READY, give_up, keep_only
from grader.shell import CUT, CellShell

#: The judge reads lines of 4 MB, and no longer ones.
MAX_REPLY = 3_500_000

# bound now: a learner may put something else in their places
_write = os.write
_to_json = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def work(channel: int, shell: CellShell, seed: int) -> NoReturn:
    """Be the worker at the other end of `channel`, a socket, and end with it."""
    try:
        keep_only(channel)
        _begin(seed)
        _serve(Link(CHANNEL), shell)
    finally:
        os._exit(0)  # whatever threads and exit handlers the learner's code has left behind


def _begin(seed: int) -> None:
    """Give up everything, and tell the judge so, or why not."""
    with socket.socket(fileno=os.dup(CHANNEL)) as link:
        try:
            give_up(seed)
            socket.send_fds(link, [READY], [os.pidfd_open(os.getpid())])
        except Exception as error:
            link.sendall(f"{type(error).__name__}: {error}\n".encode())
            os._exit(1)


def _serve(link: Link, shell: CellShell) -> None:
    shell.take_streams()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    namespace = Namespace()
    namespace.names = shell.user_ns
    for request in link.lines():
        if "cell" in request:
            ok, outputs = shell.run(loop, request["cell"])
            _tell({"nonce": request["nonce"], "ok": ok, "outputs": outputs})
        else:
            _play(link, namespace, request)


def _tell(value: dict[str, Any]) -> None:
    try:
        line = _to_json(value)
    except (TypeError, ValueError, RecursionError):  # what was displayed is no JSON
        line = ""
    if not 0 < len(line) < MAX_REPLY:
        line = _to_json(value | {"outputs": [{"output_type": "stream", "name": "stdout", "text": CUT}]})
    left = memoryview(line.encode(errors="replace") + b"\n")
    while left:
        left = left[_write(CHANNEL, left) :]


def _play(link: Link, namespace: Namespace, request: dict[str, Any]) -> None:
    if "load" in request:  # known answers, which are files
        job = Job(namespace.loading(request["load"]), [], "await", {})
    else:
        job = namespace.job(request["name"], request["args"], request["how"])
    world = FarWorld(link)
    run(world.handle, request["settings"], job, Limits(**request["limits"]))
    world.close()
