"""What holds for every program in every world: it ends, it repeats to the byte, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from built_worlds import run, written
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from interpreter import Program, interpret
from random_programs import UNITS, broken_laws, examples, one_after_the_other, programs, worlds

import asynclab
from asynclab.play import play
from asynclab.record import Raised, Record, Returned, Stopped
from asynclab.world import World

#: Ends that need no watch on the wall.
ENDS = ("deadlock", "horizon", "busy loop")


@examples(200)
@given(program=programs(), spec=worlds())
def test_every_run_ends_and_obeys_the_laws(program, spec):
    record = run(program, spec)
    outcome = record.outcome

    assert isinstance(outcome, Returned | Raised) or (isinstance(outcome, Stopped) and outcome.why in ENDS)
    assert broken_laws(record) == []


# -- it repeats


@examples(100)
@given(program=programs(), spec=worlds())
def test_a_run_repeats_to_the_byte(program, spec):
    assert written(program, spec) == written(program, spec)


@examples(100)
@given(program=programs(threads=False), spec=worlds())
def test_without_threads_a_run_in_the_calling_thread_is_the_same(program, spec):
    assert written(program, spec, threads=False) == written(program, spec)


AGAIN = """
import json, sys
from built_worlds import written
for line in sys.stdin:
    print(written(*json.loads(line)))
"""


def test_a_run_repeats_in_another_process_with_another_hash_seed():
    sample: list[tuple[Program, dict[str, Any]]] = []

    @examples(60)
    @given(program=programs(), spec=worlds())
    def collect(program, spec):
        sample.append((program, spec))

    collect()
    here = Path(__file__).parent
    paths = [str(here), str(Path(asynclab.__file__).parents[1])]
    again = subprocess.run(
        [sys.executable, "-c", AGAIN],
        input="\n".join(map(json.dumps, sample)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert again.stdout.splitlines() == [written(*each) for each in sample]


# -- no order matters that is not there


def ends_of_calls(record: Record) -> Counter[str]:
    return Counter(json.dumps([call.service, call.args, call.how, call.value]) for call in record.calls())


@examples(60)
@given(
    program=programs(cancels=False, races=False, fails=False),
    spec=worlds(refuses=False),
    seeds=st.lists(st.integers(0, 1_000), min_size=1, max_size=3),
)
def test_under_every_order_the_same_calls_have_the_same_ends(program, spec, seeds):
    in_order = run(program, spec, order_seed=None)
    for seed in seeds:
        record = run(program, spec, order_seed=seed)

        assert broken_laws(record) == []
        assert ends_of_calls(record) == ends_of_calls(in_order)
        assert isinstance(record.outcome, Returned)


@examples(60)
@given(program=programs(), spec=worlds(), seed=st.integers(0, 1_000))
def test_races_and_cancellation_break_no_law_under_any_order(program, spec, seed):
    assert broken_laws(run(program, spec, order_seed=seed)) == []


# -- asyncio itself does the same


class RealStore:
    """A store on the real clock, whose keys are the numbers of `UNITS`."""

    def __init__(self, unit: float) -> None:
        self.unit = unit

    async def get(self, key: str) -> str:
        await asyncio.sleep(UNITS[int(key)] * self.unit)
        return f"value of {key}"


def with_unit(program: Any, unit: float) -> Any:
    """The program with its durations, which are its only floats, in another unit."""
    if isinstance(program, list):
        return [with_unit(step, unit) for step in program]
    return program * unit if isinstance(program, float) else program


def in_a_world(program: Program) -> Any:
    world = World()
    latencies = {str(number): unit for number, unit in enumerate(UNITS)}
    store = world.service("store", latency=latencies, reply=lambda dice, key: f"value of {key}")
    return play(world, interpret, program, {"store": store}).outcome


def in_reality(program: Program, unit: float) -> Any:
    return asyncio.run(interpret(with_unit(program, unit), {"store": RealStore(unit)}))


@settings(examples(12), phases=[Phase.generate])
@given(program=one_after_the_other())
def test_the_order_is_that_of_real_asyncio(program):
    outcome = in_a_world(program)
    assume(isinstance(outcome, Returned) and len(outcome.value) > 3)

    assert isinstance(outcome, Returned)
    # a busy machine can be late for a unit of 2 ms, hardly for one of 60
    assert any(in_reality(program, unit) == outcome.value for unit in (0.002, 0.01, 0.06))
