"""What a check costs: CPU milliseconds for an answer that makes 100 fetches.

`one world`: the scene, the run, the requirements and the verdict, as each world of a check costs; then the
same with what is shown of it, the HTML and the picture.
`check()`: all that a learner waits for: every world, the verdict, its HTML and its picture.
The import of asynclab is measured apart, in interpreters of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import statistics
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from table import arguments, cpu_seconds, machine, report

from asynclab import check
from asynclab.exercise import exercise
from asynclab.player import LocalPlayer
from asynclab.trial import Trial
from asynclab.verdict import Verdict, judge
from asynclab.verdict_html import verdict_html

NOTEBOOK = "benchmark"
fetches = 100
worlds = 0


@exercise(
    "fetch_many",
    points=4,
    minutes=10,
    difficulty=2,
    importance=5,
    lines=2,
    hints=("", "", ""),
)
def fetch_many_exercise(trial: Trial) -> None:
    """All calls in flight together, the values in the order of the keys."""
    global worlds
    worlds += 1
    keys = [f"user-{number}" for number in range(fetches)]
    store = trial.service("store", latency={key: trial.vary(0.5, 2.5) for key in keys})
    run = trial.call("fetch_many", store, keys)

    run.value.equals([store.reply(key) for key in keys], "returns the values in order", gate=True)
    run.peak(store).at_least(len(keys), "has all fetches in flight together")
    run.elapsed.at_most(store.slowest, "takes as long as the slowest fetch")
    run.calls(store).at_most(len(keys), "asks for each key once")
    run.explain(when=run.peak(store) == 1, say="Each fetch waits for the one before it.")


async def fetch_many(store: Any, keys: list[str]) -> list[Any]:
    return await asyncio.gather(*map(store.get, keys))


def check_one_world(number: int) -> Verdict:
    examined = fetch_many_exercise
    trial = Trial(LocalPlayer({"fetch_many": fetch_many}), seed=1, number=number)
    examined.check(trial)
    verdict = judge(examined.name, examined.points, 1, [trial])
    assert verdict.verdict == "right", verdict.text()
    return verdict


def show_one_world(number: int) -> None:
    assert "<svg" in verdict_html(check_one_world(number))


def check_as_in_a_cell() -> None:
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        check("fetch_many")
    assert shown.getvalue().startswith("Right"), shown.getvalue()


def cpu_of_import() -> float:
    """CPU seconds of ``import asynclab`` in a fresh interpreter."""
    program = "import time; began = time.process_time(); import asynclab; print(time.process_time() - began)"
    return float(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)


def median_ms(repeat: int, work: Callable[[int], float]) -> float:
    return round(1000 * statistics.median(work(number) for number in range(repeat)), 2)


def measure(repeat: int) -> dict[str, Any]:
    check_as_in_a_cell()  # what is imported and cached on the first check is not counted
    before = worlds
    check_as_in_a_cell()
    in_a_check = worlds - before
    return {
        "check_cpu_ms": median_ms(repeat, lambda number: cpu_seconds(lambda: check_one_world(number))),
        "check_with_picture_cpu_ms": median_ms(
            repeat, lambda number: cpu_seconds(lambda: show_one_world(number))
        ),
        "check_of_all_worlds_cpu_ms": median_ms(repeat, lambda _: cpu_seconds(check_as_in_a_cell)),
        "import_cpu_ms": median_ms(min(repeat, 5), lambda _: cpu_of_import()),
        "worlds": in_a_check,
        "fetches": fetches,
        "repeat": repeat,
        **machine(),
    }


def main() -> None:
    global fetches
    options = arguments(
        str(__doc__).partition("\n")[0],
        fetches=(100, "fetches of the answer"),
        repeat=(21, "repetitions, of which the medians count"),
    )
    fetches = options.fetches
    result = measure(options.repeat)
    rows = [
        ["", "CPU ms"],
        ["one world: run and verdict", f"{result['check_cpu_ms']:.2f}"],
        ["one world: with its HTML and picture", f"{result['check_with_picture_cpu_ms']:.2f}"],
        [f"check(): {result['worlds']} worlds, HTML, picture", f"{result['check_of_all_worlds_cpu_ms']:.2f}"],
        ["import asynclab, once", f"{result['import_cpu_ms']:.2f}"],
    ]
    notes = [f"{fetches:,} fetches, medians of {options.repeat}"]
    report(result, rows, notes, as_json=options.json)


if __name__ == "__main__":
    main()
