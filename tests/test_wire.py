"""The link of a judge to a learner's process: strict lines, in time, and a world that nothing upsets."""

from __future__ import annotations

import ast
import ctypes
import io
import json
import math
import os
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from far_side import Peer, against
from hypothesis import given
from hypothesis import strategies as st
from random_programs import examples

import asynclab
from asynclab.answering import Link
from asynclab.exercise import find_exercise
from asynclab.link import Uncrossable, decode, encode
from asynclab.measure import difference
from asynclab.player import LocalPlayer
from asynclab.protocol import OPERATIONS, ProtocolError, check, weigh
from asynclab.record import Raised, Record, Returned, Stopped
from asynclab.runner import Limits
from asynclab.scheduler import RunEnded
from asynclab.trial import Trial
from asynclab.wire import MAX_LINE, LinkError, Wire
from asynclab.world import World
from grader.answer import Answer, judge, judge_over_wire
from grader.wire_player import WirePlayer, start_process

LATER = math.inf  # enough time

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text() | st.sampled_from(["$dict", "$error", "$class", "$rng", "$object"]), inner
        )
    ),
    max_leaves=12,
)


@pytest.fixture
def wire():
    """A judge's end of a wire, and the other end."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Wire(ours), theirs


def stopped(record: Record) -> Stopped:
    assert isinstance(record.outcome, Stopped), record.outcome
    return record.outcome


# -- lines


def test_a_value_goes_out_as_one_line_and_comes_in_as_one(wire):
    near, far = wire
    near.send({"name": "fetch_all", "args": [1, None]}, time.monotonic() + 5)
    assert far.recv(100) == b'{"name":"fetch_all","args":[1,null]}\n'

    far.sendall(b'[["idle",null]]\n[["return",1]]\n')
    assert near.receive(time.monotonic() + 5) == [["idle", None]]
    assert not near.is_silent
    assert near.receive(time.monotonic() + 5) == [["return", 1]]
    assert near.is_silent


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b'[["return",NaN]]', "NaN is no number"),
        (b'[["return",-Infinity]]', "-Infinity is no number"),
        (b'[["return",1e999]]', "1e999 is no number"),
        (b"hello", "Expecting value"),
        (b"[[]] []", "Extra data"),
        (b'"\xff"', "invalid start byte"),
        ('[["close"]]'.encode("utf-16"), "codec can't decode"),
        (b"9" * 5000, "digits"),
        (b"[" * 200_000, "no JSON"),
        (b'{"a":' * 200_000, "no JSON"),
        (b"", "Expecting value"),
    ],
    ids=lambda value: str(value[:20]),
)
def test_what_is_no_strict_json_is_refused(wire, line, text):
    near, far = wire
    far.settimeout(5)
    far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MAX_LINE)
    far.sendall(line + b"\n")

    with pytest.raises(LinkError, match=text) as refused:
        near.receive(time.monotonic() + 5)
    assert refused.value.why == "protocol"


def test_a_flood_without_an_end_of_line_is_cut_off_and_not_kept():
    def flood(peer: Peer) -> None:
        for _ in range(300):
            peer.send(b"x" * 2**20)

    tracemalloc.start()
    try:
        outcome = stopped(against(World(), flood))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert outcome == Stopped("protocol", "it sent a line of more than 4,194,304 bytes", "")
    assert peak < 5 * MAX_LINE


def test_a_line_that_is_too_long_is_refused_although_it_ends():
    long = b'[["return","' + b"x" * MAX_LINE + b'"]]\n'
    assert "more than 4,194,304 bytes" in stopped(against(World(), lambda peer: peer.send(long))).text


def test_dripping_bytes_buys_no_time(wire, monkeypatch):
    seconds = iter(range(1000))
    monkeypatch.setattr("asynclab.wire.time.monotonic", lambda: next(seconds))
    monkeypatch.setattr("asynclab.wire._CHUNK", 1)
    near, far = wire
    far.sendall(b" " * 100)

    with pytest.raises(LinkError, match="took too long") as late:
        near.receive(10)

    assert late.value.why == "wall"
    assert next(seconds) == 11  # ten bytes were read, a second each


def test_silence_ends_in_time(wire):
    near, _ = wire
    with pytest.raises(LinkError) as late:
        near.receive(time.monotonic() + 0.05)
    assert late.value.why == "wall"


def test_who_does_not_listen_is_not_waited_for(wire):
    near, _ = wire
    with pytest.raises(LinkError) as late:
        near.send("x" * 2**24, time.monotonic() + 0.05)
    assert late.value.why == "wall"


@pytest.mark.parametrize("before", [b"", b'[["idle"'], ids=["at once", "after half a line"])
def test_leaving_ends_the_run(before):
    outcome = stopped(against(World(), lambda peer: peer.send(before)))
    assert outcome == Stopped("protocol", "it left in the middle of a run", "")


# -- operations


@pytest.mark.parametrize(
    ("operations", "text"),
    [
        (None, "None is no list of operations"),
        ({}, "{} is no list of operations"),
        ("idle", "'idle' is no list of operations"),
        ([None], "None is no operation"),
        ([[]], "[] is no operation"),
        ([[[]]], "[[]] is no operation"),
        ([{"call": 1}], "{'call': 1} is no operation"),
        ([["boom"]], "['boom'] is no operation"),
        ([["__init__", 1]], "['__init__', 1] is no operation"),
        ([["idle"]], "['idle'] is no operation: idle has until"),
        ([["idle", 1.0]], "['idle', 1.0] is no operation: idle has until"),
        ([["idle", True]], "['idle', True] is no operation: idle has until"),
        ([["idle", -1]], "-1 is no number and no time of a run"),
        ([["idle", 2**62]], "4611686018427387904 is no number and no time of a run"),
        ([["idle", None], ["return", 1]], "['return', 1] comes after idle in one batch"),
        ([["close", None]], "['close', None] is no operation: close has no fields"),
        ([["call", "1", 0, "store", "get", ["a"], "T"]], "is no operation: call has id, lane, service"),
        ([["call", 1, 0, "store", "get", ["a"]]], "is no operation: call has id, lane, service"),
        ([["call", 1, 0, "store", "get", "a", "T"]], "is no operation: call has id, lane, service"),
        ([["call", 1, 0, "shop", "get", ["a"], "T"]], "there is no 'shop' with such a method 'get'"),
        ([["call", 1, 0, "store", "put", ["a"], "T"]], "there is no 'store' with such a method 'put'"),
        ([["call", 1, 0, "store", "get", [], "T"]], "store.get does not take 0 arguments"),
        ([["call", 1, 7, "store", "get", ["a"], "T"]], "there is no lane 7 that runs"),
        ([["work", 1, 0, "store", "get", ["a"], "T", ""]], "there is no 'store' with such a method 'get'"),
        ([["call", 0, 0, "store", "get", ["a"], "T"]], "number 0 is not above 0"),
        ([["cancel", 1]], "nobody asked for 1"),
        ([["block", 0, "tea", 5, "T", ""]], "a lane cannot be blocked by 'tea'"),
        ([["go on", "T"]], "lane 0 goes on and had not waited"),
        ([["job", 1, "", "fibre", 1, "f"]], "there are no 'fibre' jobs"),
        ([["done", 0]], "the loop's own lane is no job"),
        ([["done", 1]], "there is no lane 1 that runs"),
        ([["answer", 1, "reply", None, ""]], "no client has asked for 1"),
        ([["answer", True, "reply", None, ""]], "is no operation: answer has id"),
        ([["answer", 1, "error", [], "ValueError"]], "[] is no text of an error"),
        ([["answer", 1, "shrug", None, ""]], "an answer is a reply or an error, not 'shrug'"),
        ([["stop", "tired", "", ""]], "no run is stopped by 'tired'"),
        ([["return", math.inf]], "inf is no number"),
        ([["return", 2**10_001]], "a number has 10,002 bits"),
        ([["return", "\ud800"]], "it has half of a surrogate pair in it"),
        ([["return", {"\ud800": 1}]], "it has half of a surrogate pair in it"),
        ([["call", 1, 0, "store", "get", ["a"], "\udfff"]], "it has half of a surrogate pair in it"),
        ([["return", {"$dict": 5}]], "{'$dict': 5} is no value that crosses the link"),
        ([["return", {"$dict": [[1]]}]], "is no value that crosses the link"),
        ([["return", {"$dict": [[{"a": 1}, 2]]}]], "is no value that crosses the link"),
        ([["return", {"$dict": [], "$error": []}]], "is no value that crosses the link"),
        ([["return", {"$error": ["SystemExit", ""]}]], "is no value that crosses the link"),
        ([["return", {"$class": 5}]], "is no value that crosses the link"),
        ([["return", {"$rng": -1}]], "is no value that crosses the link"),
        ([["return", {"$service": "store"}]], "is no value that crosses the link"),
        ([["return", {"$object": None}]], "is no value that crosses the link"),
        ([["return", {"$new": 1}]], "is no value that crosses the link"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_operation_ends_the_run_with_a_reason(operations, text):
    world = World()
    world.service("store")

    now, done, over = world.handle(operations)

    assert (now, done, over) == (0, [], "protocol")
    outcome = stopped(world.record())
    assert outcome.text.startswith("the link was misused: ")
    assert text in outcome.text


def test_a_value_may_be_nested_and_not_without_end():
    value: Any = 1
    for _ in range(50):
        value = {1: value}
    assert World().handle([["return", encode(value)]])[2] is None
    for _ in range(150):
        value = [value]
    world = World()
    world.handle([("return", [json.loads("[" * 250 + "]" * 250)])])
    assert "nested more than 200 levels deep" in stopped(world.record()).text


@examples(200)
@given(json_values)
def test_no_json_value_brings_a_world_down(value):
    world = World()
    world.service("store")
    json.dumps(world.handle(value))
    json.dumps(world.handle([value]))
    assert value == [] or world.over == "protocol"


@examples(200)
@given(st.sampled_from(sorted(OPERATIONS)), st.lists(json_values, max_size=7))
def test_no_field_brings_a_world_down(word, fields):
    world = World()
    world.service("store")
    json.dumps(world.handle([[word, *fields]]))
    json.dumps(world.record().events, allow_nan=False).encode()


@examples(200)
@given(json_values)
def test_a_value_that_is_let_in_can_be_read_compared_and_shown(value):
    try:
        weigh([value])
    except ProtocolError:
        return
    read = decode(value)
    difference(read, [1, "a"], "returned")
    repr(read).encode()


@examples(200)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.tuples(inner, inner)
            | st.dictionaries(
                st.integers() | st.text() | st.sampled_from(["$dict", "$service"]) | st.tuples(st.text()),
                inner,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_an_honest_side_sends_is_let_in(value):
    try:
        check([("return", encode(value)), ("idle", None)])
    except Uncrossable:  # half of a surrogate pair
        return


def test_a_world_without_end_keeps_no_more_than_it_can():
    world = World(max_bytes=1_000_000)
    world.service("store")
    numbers = list(range(10_000))
    for id in range(1, 100):
        world.handle([["call", id, 0, "store", "get", [numbers], "T"]])

    assert stopped(world.record()).why == "events"
    assert 2 < len(world.record().calls()) < 5


def test_long_replies_count_too():
    world = World(max_bytes=1_000_000)
    world.service("store", reply=lambda dice, key: list(range(10_000)))
    for id in range(1, 100):
        world.handle([["call", id, 0, "store", "get", ["a"], "T"], ["idle", None]])

    assert stopped(world.record()).why == "events"


def test_small_calls_are_free_whatever_their_number():
    world = World(max_bytes=1_000, max_events=10)
    world.service("store", latency=0.0)
    for id in range(1, 10_000):
        world.handle([["call", id, 0, "store", "get", ["user-1"], "T1"], ["idle", None]])
    assert world.over is None


def test_what_a_service_makes_nothing_of_is_an_error_for_the_caller():
    world = World()
    world.service("cube", methods={"__call__": ["side"]}, latency=0.5, reply=lambda dice, side: side**3)
    world.service("slow", latency=lambda dice, key: 1 / 0)

    world.handle([["call", 1, 0, "cube", "__call__", [None], "T"], ["call", 2, 0, "slow", "get", ["a"], "T"]])
    _, [slow], _ = world.handle([["idle", None]])
    _, [cube], over = world.handle([["idle", None]])

    assert slow == [2, "error", "ZeroDivisionError", "division by zero"]
    assert cube[:3] == [1, "error", "TypeError"]
    assert over is None


# -- a learner's process


def defined(text: str) -> dict[str, Any]:
    """The names of an answer that is loaded in this process."""
    names: dict[str, Any] = {}
    exec(text, names)  # noqa: S102
    return names


def far(*lines: str, **options: Any) -> WirePlayer:
    return WirePlayer([("answer.py", "\n".join(lines))], start_process, **options)


def test_one_answer_is_one_process_and_its_globals_last_from_run_to_run():
    with far(
        "import os",
        "count = 0",
        "async def f():",
        "    global count",
        "    count += 1",
        "    return [os.getpid(), count]",
    ) as player:
        records = [player.play(World(), "f", (), "await") for _ in range(3)]

    values = [record.outcome.value for record in records]
    assert [count for _, count in values] == [1, 2, 3]
    assert len({process for process, _ in values}) == 1
    assert values[0][0] != os.getpid()


def test_after_a_run_that_was_stopped_there_is_a_fresh_process():
    with far(
        "import asyncio",
        "count = 0",
        "async def f(stuck):",
        "    global count",
        "    count += 1",
        "    if stuck: await asyncio.Event().wait()",
        "    return count",
    ) as player:
        assert player.play(World(), "f", (False,), "await").outcome == Returned(1)
        assert stopped(player.play(World(), "f", (True,), "await")).why == "deadlock"
        assert player.play(World(), "f", (False,), "await").outcome == Returned(1)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("os._exit(3)", "it ended its own process with exit code 3"),
        ("os.kill(os.getpid(), 15)", "it ended its own process with the signal SIGTERM"),
        ("os.kill(os.getpid(), 41)", "it ended its own process with the signal 41"),
        ("os.closerange(3, 4096)", "it left in the middle of a run"),
        ("ctypes.string_at(0)", "it ended its own process with the signal SIGSEGV"),
    ],
)
def test_a_process_that_ends_is_a_verdict_and_the_next_run_has_a_new_one(line, text):
    with far("import ctypes, os", "async def f(): " + line, "async def g(): return 1") as player:
        outcome = stopped(player.play(World(), "f", (), "await"))
        assert (outcome.why, outcome.text) == ("protocol", text)
        assert player.play(World(), "g", (), "await").outcome == Returned(1)


def test_a_process_that_never_answers_is_ended_in_time():
    with far("import ctypes", "async def f(): ctypes.CDLL(None).sleep(1000)", patience=1.0) as player:
        outcome = stopped(player.play(World(), "f", (), "await"))
        again = stopped(player.play(World(), "f", (), "await"))

    assert outcome == again == Stopped("wall", "it took too long in real time", "")


def test_a_task_that_never_waits_ends_as_in_practice():
    text = "import asyncio\nasync def f():\n    while True:\n        {}\n"
    for line, why in (
        ("pass", "cpu"),
        ("await asyncio.sleep(0)", "busy loop"),
        ("await asyncio.sleep(60)", "horizon"),
    ):
        names, cpu = defined(text.format(line)), 1.0 if why == "cpu" else 30.0
        near = LocalPlayer(names, cpu=cpu).play(World(), "f", (), "await")
        with far(text.format(line), limits=Limits(cpu=cpu)) as player:
            outcome = stopped(player.play(World(), "f", (), "await"))
        assert (outcome.why, outcome.text) == (why, stopped(near).text)
        assert "line 3: `" in outcome.line or "line 4: `" in outcome.line


def test_an_exception_from_outside_finds_a_question_answered_or_not_asked(wire):
    """A run whose time is up is ended by an exception in its thread, often while it asks the world."""
    _, far = wire
    near = far.dup()
    link = Link(near.fileno())
    in_this_thread = (ctypes.c_ulong(threading.get_ident()), ctypes.py_object(RunEnded))
    end_it = partial(ctypes.pythonapi.PyThreadState_SetAsyncExc, *in_this_thread)
    link._out = SimpleNamespace(write=end_it, flush=bool)
    link._in = io.BytesIO(b'"the answer"\n"the next job"\n')

    with near, pytest.raises(RunEnded):
        link.ask("a question", partial(bool))

    assert next(link.lines()) == "the next job"


@pytest.mark.parametrize("how", ["await", "iterate", "call", "drive"])
@pytest.mark.parametrize("name", ["fetch_al", "seven", "Box"])
def test_what_is_missing_or_no_function_reads_as_in_practice(name, how):
    text = "async def fetch_all(): pass\nseven = 7\n"
    names = defined(text)
    near, distant = World(), World()
    with far(text) as player:
        there = player.play(distant, name, (), how)
    assert LocalPlayer(names).play(near, name, (), how).events == there.events
    assert isinstance(there.outcome, Raised)


@pytest.mark.parametrize(
    "text",
    [
        "async def first_fetch(store: pass\n",
        "1 / 0\n",
        "while True: pass\n",
        "import nowhere\n",
        "# \ud7ff\n" + "-" * 100_000 + "1\n",
        "raise SystemExit(3)\n",
        "def first_fetch(store): return 1\n",
    ],
    ids=lambda text: text[:20],
)
def test_an_answer_that_cannot_be_loaded_reads_as_in_practice(text):
    exercise = find_exercise("first_fetch")
    near, there = (form(Answer(text.encode(), "a.py"), exercise) for form in (judge, judge_over_wire))
    assert near.as_dict() == there.as_dict()
    assert near.text() == there.text()
    assert near.score == 0


def test_what_an_answer_writes_goes_nowhere_and_what_it_prints_is_recorded(capfd):
    with far(
        "import os", "async def f():", "    print('hello')", "    os.write(1, b'loud'); os.write(2, b'loud')"
    ) as player:
        record = player.play(World(), "f", (), "await")
    assert record.printed == "hello\n"
    assert capfd.readouterr() == ("", "")


# -- who does what


def test_the_judge_never_runs_the_answer(monkeypatch, tmp_path):
    trace = tmp_path / "trace"
    text = f"""import os
with open({str(trace)!r}, "a") as trace:
    trace.write(f"{{os.getpid()}} ")
async def first_fetch(store):
    return await store.get("a")
"""

    def no_run(*_: Any) -> None:
        raise AssertionError("the judge runs an answer")

    monkeypatch.setattr("asynclab.runner.run", no_run)
    monkeypatch.setattr("asynclab.play.run", no_run)
    monkeypatch.setattr("builtins.exec", no_run)
    judge_over_wire(Answer(text.encode(), "a.py"), find_exercise("first_fetch"))

    assert str(os.getpid()) not in trace.read_text().split()
    assert "answer" not in sys.modules


def test_the_seed_is_not_among_what_the_learners_side_is_told():
    class Eavesdropper:
        def play(self, world: World, *_: Any) -> Record:
            told.append((world.seed, json.dumps(world.settings())))
            return Record(((0, "return", None),))

    told: list[tuple[int, str]] = []
    for number in range(4):
        find_exercise("fetch_first").check(Trial(Eavesdropper(), seed=123_456_789, number=number))
    assert len(told) == 16
    assert not any(str(seed) in text or "123456789" in text for seed, text in told)


#: The learner's process runs nothing of the judge's, and the judge's end of the wire nothing of the runner's.
NOT_THERE = {
    "answering": {
        "world",
        "service",
        "resources",
        "clients",
        "trial",
        "exercise",
        "observed",
        "verdict",
        "wire",
    },
    "wire": {
        "runner",
        "loop",
        "scheduler",
        "threads",
        "lanes",
        "references",
        "namespace",
        "answering",
        "world",
    },
    "world": {
        "runner",
        "loop",
        "scheduler",
        "threads",
        "lanes",
        "references",
        "namespace",
        "answering",
        "wire",
    },
}


@pytest.mark.parametrize("module", NOT_THERE)
def test_neither_end_of_the_wire_is_built_on_the_other(module):
    assert _imported_by(module) & NOT_THERE[module] == set()


def _imported_by(module: str) -> set[str]:
    folder = Path(asynclab.__file__).parent
    found, todo = set(), [module]
    while todo:
        tree = ast.parse((folder / f"{todo.pop()}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("asynclab."):
                name = node.module.split(".")[1]
                if name not in found:
                    found.add(name)
                    todo.append(name)
    return found


@pytest.mark.slow
@pytest.mark.skipif(find_spec("jupytext") is None, reason="the author's commands need jupytext")
def test_the_proof_over_the_wire_says_what_the_proof_in_one_process_says():
    command = [sys.executable, "-m", "grader", "prove", "two_fetches", "--json"]
    here, there = (
        subprocess.run(
            [*command, *wire], capture_output=True, check=False, text=True, cwd=Path(__file__).parents[1]
        )
        for wire in ([], ["--wire"])
    )
    assert here.stdout == there.stdout
    assert len(json.loads(there.stdout)) > 20
    assert there.returncode == 0
