"""What a hostile process can try against the judge's world, and what comes of it.

"ends": the run ends, with a reason that the verdict shows. "nothing": it has no effect, or only a claim
comes of it, which earns nothing. "boundary": seen from the world it is what was asked for, so it has its
marks. Numbers 1 to 17 are those of the first prototype, by their names there.

 1 honest               ten calls in turn                                          boundary
 2 hide_block           really sleeps, and does not say so                         boundary
 3 from_import          the same in a system call                                  boundary
 4 hide_cpu             computes, and does not say so                              boundary
 5 raw_forge            speaks the protocol, without asyncio                       boundary
 6 forge_ret            returns what it made up                                    nothing
 7 future_id            numbers that repeat or fall                                ends
 8 neg                  a block of less than no time                               ends
 9 nan                  a time that is no number                                   ends
10 past                 idles into the past                                        ends
11 unknown              a word that there is not                                   ends
12 dunder               a word that Python has                                     ends
13 done_early           a job that is done before it began                         ends
14 seg_nojob            blocks a lane that there is not                            ends
15 deep                 200,000 brackets                                           ends
16 nojson               no JSON                                                    ends
17 flood                300 MB without an end of line                              ends
18 while_blocked        calls a service while its loop is blocked                  ends
19 returns_while_blocked                                                           ends
20 yields_while_blocked                                                            ends
21 answers_while_blocked  a client, by a loop that is blocked                      ends
22 unblocks_itself      "goes on" from a block, so that the record has a short one ends
23 calls_while_waiting  the loop's thread waits for a job, and makes calls         ends
24 other_lane           lets a job call that has no worker yet                     ends
25 spare_lane           lets a job call while its loop is blocked: a thread        boundary
26 job_by_nobody        submits a job while every lane stands still                ends
27 cheap_process        a process job for a worker that is a thread                ends
28 done_twice           a job                                                      ends
29 done_while_blocked   a job that a service still holds                           ends
30 done_without_work    a job that did nothing: nothing is what it has             nothing
31 lets_go_of_a_block   cancels a blocking call                                    ends
32 cancels_the_unasked  cancels what it never asked for                            ends
33 jobs_by_the_million                                                             ends
34 calls_by_the_million in flight at once                                          ends
35 pools_by_the_million                                                            ends
36 gone_before_asked    answers clients who have not come                          ends
37 answers_twice        one client: the first answer counts                        nothing
38 answers_too_late     a client who has left                                      nothing
39 departs_for_them     says that a client has left                                ends
40 calls_clients_twice                                                             ends
41 leaves_early         returns before the clients are served: unanswered          nothing
42 never_calls_them     returns without a word to the clients: none has come       nothing
43 returns_twice                                                                   ends
44 yields_after_the_end                                                            ends
45 raises_after_return  once, as a task that was left may; it is the outcome       nothing
46 works_after_return   calls count as left running                                nothing
47 asks_after_idle      in the same batch, behind the back of time                 ends
48 idles_twice          in one batch                                               ends
49 no_idle              lets no time pass: nothing is ever answered                nothing
50 empty_for_ever       batches of nothing, until its time is over                 ends
51 blocks_of_no_time    for ever                                                   ends
52 huge_numbers         as times                                                   ends
53 true_as_a_number                                                                ends
54 own_wall_clock       makes up what the wall clock says                          nothing
55 deep_keys            of "$dict" in "$dict", or of what no dict has              ends
56 forged_service       in the arguments of another, which echoes it               nothing
57 half_a_character     text that no file can hold                                 ends
58 long_names           of 4 MB, as often as they are taken                        ends
59 wrong_arguments      more than a method takes                                   ends
60 made_up_stop         for a reason that there is not                             ends
61 asks_for_another_try is stopped by "the wall clock", which one forgives once    nothing
62 closes_early         without an end                                             ends
63 never_listens        to the answers                                             ends
64 speaks_first         before it has a job: the batch comes first                 boundary
65 junk_into_the_sink   so that few items seem alive: the calls are seen           nothing
66 slow_to_judge        a long list, 20,000 calls at once: judged in a moment      nothing
67 cancels_from_behind  20,000 calls that wait in line                             boundary
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from far_side import Peer, against

import asynclab.calls
import asynclab.computer
from asynclab.exercise import examine, find_exercise
from asynclab.link import decode
from asynclab.record import NS, Record, Returned, Stopped
from asynclab.world import World
from grader.wire_player import WirePlayer, start_process

Cheat = Callable[[Peer], None]


def scene(**options: Any) -> World:
    """Something of everything."""
    world = World(seed=3, cores=4, **options)
    world.service("store", latency=0.1)
    world.service("tokenizer", methods={"__call__": ["text"]}, latency=1.0, form="python")
    world.service("echo", latency=0.1, reply=lambda dice, key: key)
    world.source("source", list(range(10)))
    world.sink("sink")
    return world


def clients() -> World:
    """Two clients of an object: at 1 s, patient, and at 2 s, for half a second."""
    world = World()
    made = world.make("Server")
    world.invoke(1.0, made, "ask", "first")
    world.invoke(2.0, made, "ask", "second", patience=0.5)
    return world


def call(id: int, key: Any = "a", *, lane: int = 0, service: str = "store") -> list[Any]:
    return ["call", id, lane, service, "get", [key], "T1"]


def work(id: int, lane: int = 0) -> list[Any]:
    """A call that blocks its lane for a second."""
    return ["work", id, lane, "tokenizer", "__call__", ["text"], "T1", "line 1"]


def job(id: int, kind: str = "thread", pool: str = "") -> list[Any]:
    return ["job", id, pool, kind, 4, "f"]


def sleep(lane: int = 0, duration: Any = NS // 5) -> list[Any]:
    return ["block", lane, "sleep", duration, "T1", "line 1"]


IDLE = ["idle", None]
DRIVE = ["drive", 1]


@contextmanager
def cpu_seconds(most: float) -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < most


# -- the run ends, with a reason

#: By name: what is said, batch after batch, and the reason that is shown.
ENDS: dict[str, tuple[list[list[Any]], str]] = {
    "future_id": ([[call(5), call(3)]], "number 3 is not above 5"),
    "neg": ([[sleep(duration=-(10**9)), IDLE]], "-1000000000 is no number and no time of a run"),
    "past": ([[call(1), IDLE], [["idle", 0]]], "time does not go back, from 100000000 to 0 ns"),
    "unknown": ([[["boom"]]], "['boom'] is no operation"),
    "dunder": ([[["__init__", 1]]], "['__init__', 1] is no operation"),
    "done_early": ([[job(1), ["done", 1]]], "there is no lane 1 that runs"),
    "seg_nojob": ([[sleep(77), IDLE]], "there is no lane 77 that runs"),
    "while_blocked": ([[sleep(), call(1)]], "lane 0 acts while it stands still"),
    "returns_while_blocked": ([[work(1), ["return", 5]]], "lane 0 acts while it stands still"),
    "yields_while_blocked": ([[work(1), ["item", 5]]], "lane 0 acts while it stands still"),
    "unblocks_itself": ([[work(1), ["go on", "T1"]]], "lane 0 goes on and had not waited"),
    "calls_while_waiting": (
        [[job(1), IDLE], [work(2, lane=1), ["wait", "T1", "line 2"], call(3)]],
        "lane 0 acts while it stands still",
    ),
    "other_lane": ([[job(1), sleep(), call(2, lane=1)]], "there is no lane 1 that runs"),
    "job_by_nobody": ([[sleep(), job(1)]], "a job is submitted while every lane stands still"),
    "cheap_process": (
        [[job(1, pool="p"), IDLE], [["done", 1], job(2, "process", pool="p")]],
        "a thread pool takes no process jobs",
    ),
    "done_twice": ([[job(1), IDLE], [["done", 1], ["done", 1]]], "there is no lane 1 that runs"),
    "done_while_blocked": (
        [[job(1), IDLE], [work(2, lane=1), ["done", 1]]],
        "lane 1 acts while it stands still",
    ),
    "lets_go_of_a_block": ([[work(1), ["cancel", 1]]], "1 holds lane 0, which cannot let go of it"),
    "cancels_the_unasked": ([[call(1), ["cancel", 2]]], "nobody asked for 2"),
    "returns_twice": ([[["return", 1]], [["return", 2]]], "it ends again"),
    "yields_after_the_end": ([[["return", 1]], [["item", 2]]], "an item comes after the end"),
    "asks_after_idle": ([[IDLE, call(1)]], "comes after idle in one batch"),
    "idles_twice": ([[call(1), IDLE, IDLE]], "comes after idle in one batch"),
    "huge_numbers": ([[sleep(duration=10**30), IDLE]], "is no number and no time of a run"),
    "true_as_a_number": ([[["idle", True]]], "['idle', True] is no operation"),
    "deep_keys": ([[["return", {"$dict": [[{"$dict": [[{"$dict": 1}, 2]]}, 3]]}]]], "no value that crosses"),
    "half_a_character": ([[["return", ["\ud83d"]]]], "it has half of a surrogate pair in it"),
    "wrong_arguments": ([[["call", 1, 0, "store", "get", ["a", "b"], "T"]]], "does not take 2 arguments"),
    "made_up_stop": ([[["stop", "out of coffee", "", ""]]], "no run is stopped by 'out of coffee'"),
}

#: The same for a world that has clients.
ENDS_WITH_CLIENTS: dict[str, tuple[list[list[Any]], str]] = {
    "answers_while_blocked": (
        [[DRIVE, IDLE], [sleep(), ["answer", 1, "reply", 5, ""]]],
        "lane 0 acts while it stands still",
    ),
    "gone_before_asked": ([[DRIVE, ["answer", 1, "reply", 5, ""]]], "no client has asked for 1"),
    "departs_for_them": ([[DRIVE, IDLE], [["depart", 1]]], "['depart', 1] is no operation"),
    "calls_clients_twice": ([[DRIVE, ["drive", 2]]], "the clients have been called before"),
}


@pytest.mark.parametrize("name", [*ENDS, *ENDS_WITH_CLIENTS])
def test_it_ends_its_own_run_with_a_reason(name):
    batches, reason = (ENDS | ENDS_WITH_CLIENTS)[name]

    def cheat(peer: Peer) -> None:
        for batch in batches:
            peer.ask(*batch)
        peer.ask(["return", "and so on"])

    outcome = against(clients() if name in ENDS_WITH_CLIENTS else scene(), cheat).outcome

    assert isinstance(outcome, Stopped)
    assert outcome.why == "protocol"
    assert reason in outcome.text
    assert len(outcome.text) < 300


#: What is no batch at all.
NOISE: dict[str, tuple[bytes, str]] = {
    "nan": (b'[["block",0,"sleep",NaN,"T1",""],["idle",NaN]]\n', "NaN is no number"),
    "deep": (b"[" * 200_000 + b"\n", "nested too deeply"),
    "nojson": (b"hello\n", "no JSON"),
    "flood": (b"x" * 300 * 2**20, "a line of more than 4,194,304 bytes"),
}


@pytest.mark.parametrize("name", NOISE)
def test_noise_ends_its_own_run_with_a_reason(name):
    noise, reason = NOISE[name]
    with cpu_seconds(5):
        outcome = against(scene(), lambda peer: peer.send(noise)).outcome
    assert isinstance(outcome, Stopped)
    assert reason in outcome.text or (name == "deep" and "nested more than 200" in outcome.text)


def for_ever(batch: Callable[[int], list[Any]]) -> Cheat:
    def cheat(peer: Peer) -> None:
        number = 0
        while True:
            number += 1
            peer.ask(*batch(number))

    return cheat


@pytest.mark.parametrize(
    ("name", "cheat", "why"),
    [
        ("jobs_by_the_million", for_ever(lambda n: [job(1000 * n + i) for i in range(1000)]), "events"),
        (
            "pools_by_the_million",
            for_ever(lambda n: [job(1000 * n + i, pool=f"{n}/{i}") for i in range(1000)]),
            "events",
        ),
        ("calls_by_the_million", for_ever(lambda n: [call(10_000 * n + i) for i in range(10_000)]), "events"),
        (
            "long_names",
            for_ever(lambda n: [["call", n, 0, "store", "get", ["a"], "x" * 4_000_000]]),
            "events",
        ),
        ("empty_for_ever", for_ever(lambda n: []), "wall"),
        ("blocks_of_no_time", for_ever(lambda n: [sleep(duration=0), IDLE]), "wall"),
        ("never_listens", lambda peer: peer.send(b'[["print","x"]]\n' * 2_000_000), "wall"),
    ],
)
def test_what_goes_on_for_ever_ends_and_is_not_kept(name, cheat, why, monkeypatch):
    for module, limit, few in (
        (asynclab.calls, "MAX_IN_FLIGHT", 5_000),
        (asynclab.computer, "MAX_JOBS", 1_000),
        (asynclab.computer, "MAX_POOLS", 100),
    ):
        assert few < getattr(module, limit) <= 100_000
        monkeypatch.setattr(module, limit, few)
    world = scene(max_bytes=20_000_000)
    record = against(world, cheat, seconds=60 if why == "events" else 0.3)

    assert isinstance(record.outcome, Stopped)
    assert record.outcome.why == why
    assert len(record.events) <= 100_001
    assert len(json.dumps(record.events)) < 25_000_000


def test_closes_early():
    outcome = against(scene(), lambda peer: peer.ask(call(1), ["close"])).outcome
    assert outcome == Stopped("interrupted", "the run was cut off", "")


# -- it has no effect, or is only a claim


def batches(*said: list[Any]) -> Cheat:
    def cheat(peer: Peer) -> None:
        for batch in said:
            peer.ask(*batch)
        peer.ask(["close"])

    return cheat


def verdict_on(exercise: str, *lines: str) -> Any:
    """The verdict on an answer that runs in a process of its own, as for marks."""
    with WirePlayer([("answer.py", "\n".join(lines))], start_process) as player:
        return examine(find_exercise(exercise), {}, player=player)


#: How an answer gets at the link, past asyncio and the runner.
WORLD_IN_HAND = (
    "import gc",
    "def world_in_hand():",
    "    gc.unfreeze()",
    "    there = [one for one in gc.get_objects() if type(one).__name__ == 'FarWorld']",
    "    return next(one for one in there if not one.closed)",
)


def test_forge_ret():
    """The right value depends on a seed that it is not told."""
    verdict = verdict_on(
        "fetch_all",
        *WORLD_IN_HAND,
        "async def fetch_all(store, keys):",
        "    world = world_in_hand()",
        "    world.handle([['return', [0.5 for key in keys]], ['close']])",
    )
    assert (verdict.verdict, verdict.score) == ("not_yet", 0)
    assert "returned the wrong values" in verdict.text()


def test_done_without_work():
    """A job that did not call the service has no result of it."""
    record = against(scene(), batches([job(1), IDLE], [["done", 1], ["return", "tokens"]]))
    assert record.calls() == ()


def test_answers_twice():
    world = clients()
    answers = [["answer", 1, "reply", "good", ""], ["answer", 1, "reply", "better", ""]]
    record = against(world, batches([DRIVE, IDLE], answers))
    assert [(request.how, request.value) for request in record.requests] == [("reply", "good")]


def test_answers_too_late():
    record = against(
        clients(), batches([DRIVE, IDLE], [IDLE], [["idle", 10 * NS]], [["answer", 2, "reply", "late", ""]])
    )
    assert [request.how for request in record.requests] == ["open", "departed"]


def test_leaves_early():
    record = against(clients(), batches([DRIVE, IDLE], [["return", None]]))
    assert isinstance(record.outcome, Returned)
    assert [(request.how, request.latency) for request in record.requests] == [("open", float("inf"))]


def test_never_calls_them():
    world = clients()
    record = against(world, batches([["return", None]]))
    assert record.requests == ()
    assert world.totals.count == {}


def test_raises_after_return():
    record = against(scene(), batches([["return", 5], ["raise", "SystemExit", "", ""]]))
    assert record.outcome == Returned(5)
    again = against(scene(), batches([["return", 5], *[["raise", "SystemExit", "", ""]] * 3]))
    assert isinstance(again.outcome, Stopped)


def test_works_after_return():
    record = against(scene(), batches([call(1), ["return", 5], call(2), IDLE]))
    assert len(record.in_flight_at_return()) == 1
    assert len(record.calls_after_return()) == 1


def test_no_idle():
    record = against(scene(), batches([call(1)], [call(2)], [["return", [1, 2]]]))
    assert [one.how for one in record.calls()] == ["open", "open"]
    assert record.elapsed == 0


def test_own_wall_clock():
    """The settings say when the wall clock jumps; whoever ignores it changes no time that the world has."""
    world = World(wall_steps=[(1.0, 3600.0)])
    record = against(world, batches([["idle", 2 * NS]], [["return", 3600.0 * 2]]))
    assert record.elapsed == 2.0


def test_forged_service():
    forged = {"$service": "bank", "methods": {"pay": ["to"]}, "form": "await", "source": False}
    heard: list[Any] = []

    def cheat(peer: Peer) -> None:
        heard.extend(peer.ask(call(1, forged, service="echo"), IDLE)[1])
        peer.ask(["return", forged], ["close"])

    record = against(scene(), cheat)

    assert decode(heard[0][2], refer=lambda reference: 1 / 0) == forged  # a dict, and no service
    assert record.outcome == Returned(forged)


def test_asks_for_another_try():
    """A run that the wall clock ended is tried once more, and only once."""

    class Stopping:
        tries = 0

        def play(self, world: World, *_: Any) -> Record:
            self.tries += 1
            world.handle([["stop", "wall", "please", ""], ["close"]])
            return world.record()

    player = Stopping()
    verdict = examine(find_exercise("first_fetch"), {}, player=player)
    assert (verdict.verdict, verdict.score, player.tries) == ("stopped", 0, 2)


def test_junk_into_the_sink():
    junk = [["call", n, 0, "sink", "put", ["junk"], "T1"] for n in range(1, 6)]
    reads = [["call", n, 0, "source", "get", [], "T1"] for n in range(6, 11)]
    record = against(scene(), batches([*junk, IDLE], [*reads, IDLE], [["return", None]]))

    assert record.alive("source", "sink").count <= 0
    assert [one.args for one in record.calls("sink")] == [("junk",)] * 5  # which a check can ask for


def test_slow_to_judge():
    class Flood:
        def play(self, world: World, name: str, args: Any, how: str) -> Record:
            calls = [call(n, f"user-{n}", service="feature-store") for n in range(1, 20_000)]
            for batch in ([*calls, IDLE], [["return", [0.5] * 100_000], ["close"]]):
                world.handle(batch)
            return world.record()

    with cpu_seconds(10):
        verdict = examine(find_exercise("fetch_all"), {}, player=Flood())
        assert len(verdict.text()) < 5_000
    assert verdict.score == 0


# -- behaviour at the boundary: it has its marks


def test_honest():
    record = against(
        scene(), batches(*([call(n, f"user-{n}"), IDLE] for n in range(1, 11)), [["return", None]])
    )
    assert record.elapsed == 1.0


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("hide_block", "lanes._REAL['sleep'](0.02)"),
        ("from_import", "select.select([], [], [], 0.02)"),
        ("hide_cpu", "sum(range(100_000))"),
    ],
)
def test_what_happens_between_two_words_to_the_world_is_not_seen(name, line):
    """So what is to be seen is a service in a blocking form, whose result comes when the block ends."""
    verdict = verdict_on(
        "first_fetch",
        "import select",
        "from asynclab import lanes",
        "async def first_fetch(store):",
        f"    {line}",
        "    return await store.get('user-1')",
    )
    assert verdict.record.loop_blocked == 0
    world = scene()
    record = against(world, batches([work(1), IDLE], [["return", None]]))
    assert record.loop_blocked == 1.0


def test_raw_forge():
    """It asks for all and takes what the world answers: what more is there to ask for?"""
    verdict = verdict_on(
        "fetch_all",
        *WORLD_IN_HAND,
        "async def fetch_all(store, keys):",
        "    world = world_in_hand()",
        "    name = store.reference()['$service']",
        "    said = [['call', n, 0, name, 'get', [key], 'me'] for n, key in enumerate(keys, 1)]",
        "    found = {}",
        "    while len(found) < len(keys):",
        "        found.update({id: value for id, _, value in world.handle([*said, ['idle', None]])[1]})",
        "        said = []",
        "    world.handle([['return', [found[n] for n in range(1, len(keys) + 1)]], ['close']])",
    )
    assert verdict.verdict == "right"


def test_spare_lane():
    """A thread of its own that calls while the loop is blocked: it has one, and a thread could."""
    record = against(scene(), batches([job(1), IDLE], [work(2), call(3, lane=1), IDLE], [["return", None]]))
    assert [(one.id, one.end) for one in record.calls()] == [(2, None), (3, 0.1)]


def test_speaks_first():
    """What it says before it is asked is the beginning of its run, whose job it does not know yet."""
    with WirePlayer([("answer.py", "async def f(): return 5")], start_process) as player:
        assert player.play(World(), "f", (), "await").outcome == Returned(5)
    assert against(scene(), batches([["return", 5]])).outcome == Returned(5)


def test_cancels_from_behind():
    world = World()
    world.service("narrow", latency=1.0, capacity=1)
    ids = range(1, 20_001)
    with cpu_seconds(10):
        record = against(
            world,
            batches(
                [call(id, service="narrow") for id in ids],
                [["cancel", id] for id in reversed(ids)],
                [["return", None]],
            ),
        )
    assert isinstance(record.outcome, Returned)


# -- the table above


def test_every_cheat_of_the_table_has_its_test():
    names = re.findall(r"^ ?\d+ (\w+)", __doc__ or "", re.MULTILINE)
    tested = {name.removeprefix("test_") for name in globals()} | {*ENDS, *ENDS_WITH_CLIENTS, *NOISE}
    tested |= {"hide_block", "from_import", "hide_cpu"}
    for_ever_ones = test_what_goes_on_for_ever_ends_and_is_not_kept.pytestmark[0].args[1]
    tested |= {row[0] for row in for_ever_ones}

    assert len(names) == len(set(names)) == 67
    assert set(names) - tested == set()
