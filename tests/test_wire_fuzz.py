"""10,000 mutated lines against the judge's end of the wire: it does not fall, and it does not stand still.

The lines are those of honest runs, each changed by dice; ASYNCLAB_FUZZ sets another seed, or more lines.
A failure prints the seed of the one line that it takes.
"""

from __future__ import annotations

import json
import os
import random
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import traces

from asynclab.link import encode
from asynclab.namespace import Namespace
from asynclab.play import play
from asynclab.record import Record, Stopped
from asynclab.runner import How, Limits, run
from asynclab.trial import Trial
from asynclab.verdict import judge
from asynclab.wire import LinkError, Wire, serve
from asynclab.world import World

#: "seed" or "seed,lines".
SEED, LINES = (*map(int, os.environ.get("ASYNCLAB_FUZZ", "1").split(",")), 10_000)[:2]

#: What stands in the place of something honest.
ODD: Sequence[Any] = (
    None, True, False, 0, 1, -1, 2, 7, 0.0, 0.5, -0.5, 1e308, 2**31, 2**53, 2**62, 2**64, -(2**63), 10**400,
    "", "x", "call", "idle", "return", "\ud800", "\x00", "é" * 50, "x" * 5000, "$dict", "store", "get",
    [], [[]], [None], {}, {"$dict": 1}, {"$dict": [[[1], 2]]}, {"$error": ["ValueError", 1]}, {"$object": 1},
    {"$service": "store", "methods": {}, "form": "await", "source": False}, {"a": {"b": [1, {"c": None}]}},
)  # fmt: skip


# -- honest traffic


class Recorder:
    """Plays an answer in this process and keeps what it says to the world, line by line."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names
        self.runs: list[list[bytes]] = []

    def play(self, world: World, name: str, args: Sequence[Any], how: How) -> Record:
        lines: list[bytes] = []
        self.runs.append(lines)

        def handle(operations: Any) -> list[Any]:
            lines.append(json.dumps(operations).encode())
            return world.handle(operations)

        namespace = Namespace()
        namespace.names = self._names
        run(handle, world.settings(), namespace.job(name, encode(tuple(args)), how), Limits())
        return world.record()


Scene = tuple[Callable[[Trial], None], int, list[list[bytes]]]


def recorded() -> list[Scene]:
    """The check that makes the scene, the number of the world, and the lines of each run in it."""
    wanted = re.compile(r"programs/|(first_|two_|fetch_)\w+/(right_|wrong_a|wrong_l)")
    scenes: list[Scene] = []
    for name, text, scene in traces.answers():
        if wanted.match(name):
            namespace = Namespace()
            play(World(), namespace.loading([traces.SETUP, (name, text)]))
            for number in (0, 1):
                recorder = Recorder(namespace.names)
                scene.check(Trial(recorder, seed=1, number=number))
                scenes.append((scene.check, number, recorder.runs))
    return scenes


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return recorded()


# -- mutations, each of a line among others


def flip(dice: random.Random, line: bytes) -> bytes:
    at = dice.randrange(len(line))
    return line[:at] + bytes([line[at] ^ 1 << dice.randrange(8)]) + line[at + 1 :]


def cut(dice: random.Random, line: bytes) -> bytes:
    begin, end = sorted(dice.choices(range(len(line) + 1), k=2))
    return line[:begin] + line[end:]


def insert(dice: random.Random, line: bytes) -> bytes:
    at = dice.randrange(len(line) + 1)
    odd = (
        dice.randbytes(dice.randrange(1, 9)),
        b"\n",
        b"[" * 300,
        b"NaN",
        b"1e999",
        b"\xff",
        b"9" * 5000,
        b"\\ud800",
    )
    return line[:at] + dice.choice(odd) + line[at:]


def double(dice: random.Random, line: bytes) -> bytes:
    return line + dice.choice((b"", b"\n", b",")) + line


def replace(dice: random.Random, line: bytes) -> bytes:
    """Another value in place of one of those in the line."""
    return _changed(dice, line, lambda inside, key: inside.__setitem__(key, dice.choice(ODD)))


def drop(dice: random.Random, line: bytes) -> bytes:
    return _changed(dice, line, lambda inside, key: inside.__delitem__(key))


def repeat(dice: random.Random, line: bytes) -> bytes:
    def again(inside: Any, key: Any) -> None:
        if isinstance(inside, list):
            inside.insert(dice.randrange(len(inside) + 1), inside[key])

    return _changed(dice, line, again)


def nudge(dice: random.Random, line: bytes) -> bytes:
    """A number that is a little or a lot off."""

    def other(inside: Any, key: Any) -> None:
        if type(inside[key]) is int:
            inside[key] += dice.choice((-1, 1, -(10**9), 10**9, 2**62))

    return _changed(dice, line, other, tries=8)


def shuffle(dice: random.Random, line: bytes) -> bytes:
    operations = json.loads(line)
    dice.shuffle(operations)
    return json.dumps(operations).encode()


def rename(dice: random.Random, line: bytes) -> bytes:
    """Another word with the same fields."""
    operations = json.loads(line)
    if operations:
        dice.choice(operations)[0] = dice.choice(sorted(World()._operations))
    return json.dumps(operations).encode()


def _changed(dice: random.Random, line: bytes, change: Callable[[Any, Any], None], tries: int = 1) -> bytes:
    top = json.loads(line)
    for _ in range(tries):
        inside: Any = top
        while inside:
            key = dice.randrange(len(inside)) if isinstance(inside, list) else dice.choice(sorted(inside))
            if isinstance(inside[key], list | dict) and inside[key] and dice.random() < 0.8:
                inside = inside[key]
                continue
            change(inside, key)
            break
    return json.dumps(top).encode()


MUTATIONS = (
    flip,
    cut,
    insert,
    double,
    replace,
    replace,
    replace,
    drop,
    repeat,
    nudge,
    nudge,
    shuffle,
    rename,
)


def mutated(dice: random.Random, lines: Sequence[bytes]) -> list[bytes]:
    """The lines, one of them changed, and perhaps two of them in each other's place."""
    lines = list(lines)
    at = dice.randrange(len(lines))
    lines[at] = dice.choice(MUTATIONS)(dice, lines[at])
    if dice.random() < 0.1:
        other = dice.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    return lines


# -- the judge


class Mutant:
    """Says to each world what was once said to one like it, but for one line."""

    def __init__(self, runs: list[list[bytes]], dice: random.Random) -> None:
        self._runs = runs
        self._dice = dice
        self._mutate = dice.randrange(len(runs))
        self._played = 0
        self.ends: list[str] = []

    def play(self, world: World, *_: Any) -> Record:
        lines = self._runs[min(self._played, len(self._runs) - 1)]
        if self._played == self._mutate:
            lines = mutated(self._dice, lines)
        self._played += 1
        ours, theirs = socket.socketpair()
        with ours, theirs:
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
            theirs.sendall(b"".join(line + b"\n" for line in lines))
            theirs.shutdown(socket.SHUT_WR)
            try:
                serve(world, Wire(ours), {}, time.monotonic() + 10)
            except LinkError as error:
                world.handle([["stop", error.why, str(error), ""]])
            ours.shutdown(socket.SHUT_WR)
            for answer in theirs.makefile("rb"):
                json.loads(answer)
        record = world.record()
        json.dumps(record.events, allow_nan=False, ensure_ascii=False).encode()
        self.ends.append(record.outcome.why if isinstance(record.outcome, Stopped) else "not stopped")
        return record


def test_no_mutated_line_brings_a_judge_down_or_to_a_standstill(scenes):
    began = time.process_time()
    ends: Counter[str] = Counter()
    for number in range(LINES):
        seed = f"{SEED}/{number}"
        dice = random.Random(seed)
        check, world, runs = dice.choice(scenes)
        mutant = Mutant(runs, dice)
        try:
            trial = Trial(mutant, seed=1, number=world)
            check(trial)
            if trial.runs[0].requirements and number % 10 == 0:
                judge("it", 4, 1, [trial]).text().encode()
        except BaseException:
            print(f"the line of seed {seed}")
            raise
        ends.update(mutant.ends)

    assert time.process_time() - began < 20 * LINES / 10_000
    assert ends["wall"] == 0
    assert ends["protocol"] > LINES / 4
    assert ends["not stopped"] > LINES / 10
