"""What marking costs: stock nbgrader, nbgrader with the judge, and the engine's own door.

The same submissions to a lesson of 8 code cells, 3 of them checks, with real worlds behind them. Each door
is a command of its own, measured as its whole process tree: CPU seconds and seconds on the wall. A run with
one submission is what a start costs; what the others add is the cost of a submission. The doors take turns in
every round; medians.

Stock nbgrader starts a Jupyter kernel for each notebook and runs the checks in the learner's own process. Its
marks prove nothing; it is here for the price.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from table import arguments, machine, report

from asynclab.exercise import all_exercises
from grader.notebook import source_notebook
from grader.percent import read_lesson
from grader.teacher_folder import update

ROOT = Path(__file__).resolve().parents[1]
NAME = "benchmark"
NBGRADER = (sys.executable, "-m", "nbgrader")
EXERCISES = ("fetch_all", "fetch_first", "fetch_as_ready")
RIGHT = ("right_gather", "right_wait", "right_as_completed")
WRONG = ("wrong_await_in_loop", "wrong_losers_left_running", "wrong_input_order")

#: nbgrader as it comes. The checks run in the learner's process, and their value is the mark.
STOCK = """
c = get_config()
c.CourseDirectory.course_id = "stock"
c.Execute.timeout = 60
"""


@dataclass(frozen=True)
class Cost:
    cpu: float  # seconds of the whole process tree
    wall: float  # seconds


def main() -> None:
    options = arguments(
        __doc__ or "", submissions=(24, "submissions, half of them right"), rounds=(3, "interleaved rounds")
    )
    with tempfile.TemporaryDirectory() as folder:
        doors = _doors(Path(folder), options.submissions)
        costs: dict[str, list[tuple[Cost, Cost]]] = {door: [] for door in doors}
        for _ in range(options.rounds):
            for door, (course, command) in doors.items():
                costs[door].append((_run(course, command, ["s000"]), _run(course, command, None)))
    result: dict[str, Any] = {**machine(), "submissions": options.submissions, "rounds": options.rounds}
    result["doors"] = {door: _numbers(pairs, options.submissions) for door, pairs in costs.items()}
    rows: list[Sequence[str]] = [
        ("", "CPU ms each", "ms each", "a minute", "start, s", "all, s", "all, CPU s")
    ]
    rows += [(door, *_shown(numbers)) for door, numbers in result["doors"].items()]
    note = f"{options.submissions} submissions, medians of {options.rounds} rounds; each: what one more adds"
    report(result, rows, [note, "start: the command with a single submission"], as_json=options.json)


# -- the courses


def _doors(folder: Path, submissions: int) -> dict[str, tuple[Path, list[str]]]:
    """A teacher's folder for stock nbgrader and one for ours, and the command of each door."""
    path = folder / f"{NAME}.py"
    path.write_text(_lesson(), encoding="utf-8")
    source = source_notebook(read_lesson(path), all_exercises())
    stock, ours = folder / "stock", folder / "ours"
    os.environ["ASYNCLAB_EXCHANGE"] = str(folder / "exchange")
    for _ in update(ours, {NAME: source}):
        pass
    (stock / "source" / NAME).mkdir(parents=True)
    (stock / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")
    (stock / "source" / NAME / f"{NAME}.ipynb").write_text(_without_judge(source), encoding="utf-8")
    _call([*NBGRADER, "generate_assignment", NAME], stock)
    for course in (stock, ours):
        released = json.loads((course / "release" / NAME / f"{NAME}.ipynb").read_bytes())
        for number in range(submissions):
            _hand_in(course, f"s{number:03}", released, WRONG if number % 2 else RIGHT)
    return {
        "stock nbgrader": (stock, [*NBGRADER, "autograde", NAME, "--force"]),
        "nbgrader, our judge": (ours, [*NBGRADER, "autograde", NAME, "--force"]),
        "the engine": (
            ours,
            [sys.executable, "-m", "grader", "grade", NAME, "--force", "--folder", str(ours)],
        ),
    }


def _lesson() -> str:
    cells = [
        "# %% setup\nimport asyncio\nfrom asynclab import check\n",
        "# %% demo\nawait asyncio.sleep(0)\n",
    ]
    for name, known in zip(EXERCISES, RIGHT, strict=True):
        answer = (ROOT / "grader" / "corpus" / name / f"{known}.py").read_text(encoding="utf-8")
        cells.append(f'# %% exercise="{name}"\n### BEGIN SOLUTION\n{answer}\n### END SOLUTION\n')
    return "\n".join(cells)


def _without_judge(source: str) -> str:
    """Checks that give points in the learner's own process, which ours refuse to do."""
    notebook = json.loads(source)
    for cell in notebook["cells"]:
        name = cell["id"].removeprefix("check_")
        if cell["id"] != name:
            cell["source"] = [
                "from asynclab.exercise import examine, find_exercise\n",
                "from asynclab.verdict_html import verdict_html\n",
                f'verdict = examine(find_exercise("{name}"), globals())\n',
                "display({'text/html': verdict_html(verdict)}, raw=True)\n",
                "verdict.score",
            ]
    return json.dumps(notebook)


def _hand_in(course: Path, student: str, released: dict[str, Any], answers: Sequence[str]) -> None:
    texts = dict(zip(EXERCISES, answers, strict=True))
    for cell in released["cells"]:
        if cell["id"] in texts:
            path = ROOT / "grader" / "corpus" / cell["id"] / f"{texts[cell['id']]}.py"
            cell["source"] = path.read_text(encoding="utf-8")
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_text(json.dumps(released), encoding="utf-8")
    (folder / "timestamp.txt").write_text("2026-11-01 10:00:00 UTC", encoding="ascii")


# -- the measuring


def _run(course: Path, command: Sequence[str], students: Sequence[str] | None) -> Cost:
    """Mark in a copy of the course, so that each run finds what the first one found."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "course"
        shutil.copytree(course, copy)
        there = [str(copy) if part == str(course) else part for part in command]
        for student in students or ():
            there += ["--student", student]
        return _call(there, copy)


def _call(command: Sequence[str], folder: Path) -> Cost:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def _numbers(pairs: Sequence[tuple[Cost, Cost]], submissions: int) -> dict[str, float]:
    more = submissions - 1
    cpu = statistics.median((every.cpu - one.cpu) / more for one, every in pairs)
    wall = statistics.median((every.wall - one.wall) / more for one, every in pairs)
    return {
        "cpu_ms_each": round(1000 * cpu, 1),
        "wall_ms_each": round(1000 * wall, 1),
        "submissions_per_minute": round(60 / wall) if wall > 0 else 0,
        "start_s": round(statistics.median(one.wall for one, _ in pairs), 2),
        "all_s": round(statistics.median(every.wall for _, every in pairs), 2),
        "all_cpu_s": round(statistics.median(every.cpu for _, every in pairs), 2),
    }


def _shown(numbers: dict[str, float]) -> Sequence[str]:
    return [f"{value:,}" for value in numbers.values()]


if __name__ == "__main__":
    main()
