"""Who may import whom. The table is the map of the package: dependencies point up the list only."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import asynclab

PACKAGE = Path(asynclab.__file__).parent
GRADER = PACKAGE.parent.parent / "grader"

MAY_IMPORT: dict[str, set[str]] = {
    # what happened, and how it is told and drawn
    "record": set(),
    "narrate": {"record"},
    "picture": {"picture.drawing", "picture.perfetto", "picture.text"},
    "picture.axis": set(),
    "picture.ink": set(),
    "picture.rows": {"narrate", "record"},
    "picture.page": {"narrate", "picture.ink", "picture.rows"},
    "picture.ghost": {"picture.ink", "picture.page", "picture.rows"},
    "picture.stretches": {"narrate", "picture.ink", "picture.page", "picture.rows", "record"},
    "picture.bars": {"narrate", "picture.ink", "picture.page", "picture.rows", "picture.stretches", "record"},
    "picture.key": {
        "picture.bars",
        "picture.ghost",
        "picture.ink",
        "picture.page",
        "picture.rows",
        "picture.stretches",
    },
    "picture.latency": {"narrate", "picture.axis", "picture.ink", "picture.page", "record"},
    "picture.steps": {"narrate", "picture.bars", "picture.ink", "picture.page", "picture.rows", "record"},
    "picture.drawing": {
        "narrate",
        "picture.axis",
        "picture.bars",
        "picture.ghost",
        "picture.ink",
        "picture.key",
        "picture.latency",
        "picture.page",
        "picture.rows",
        "picture.steps",
        "picture.stretches",
        "record",
    },
    "picture.perfetto": {"narrate", "picture.rows", "record"},
    "picture.text": {"narrate", "picture.rows", "record"},
    # the border between the learner's code and the world
    "seeds": set(),
    "link": {"seeds"},
    "protocol": {"link"},
    "wire": set(),
    # the world: it never runs a learner's code and knows no asyncio
    "service": {"link", "narrate", "record", "seeds"},
    "clients": {"link"},
    "resources": set(),
    "proceedings": {"protocol", "record", "service"},
    "computer": {"proceedings", "protocol", "resources"},
    "calls": {"computer", "link", "proceedings", "protocol", "service"},
    "arrivals": {"clients", "computer", "link", "proceedings", "protocol", "record", "seeds", "service"},
    "world": {
        "arrivals",
        "calls",
        "clients",
        "computer",
        "link",
        "proceedings",
        "protocol",
        "record",
        "seeds",
        "service",
    },
    # the learner's side of a run: nothing of the world is in it
    "source_line": set(),
    "timers": set(),
    "lanes": set(),
    "capture": {"lanes"},
    "garbage": set(),
    "scheduler": {"garbage", "lanes", "link", "record", "source_line"},
    "loop": {"lanes", "link", "record", "scheduler", "source_line", "timers"},
    "locks": {"scheduler"},
    "executors": {"scheduler"},
    "pools": set(),
    "threads": {"executors", "lanes", "locks", "loop", "pools", "scheduler"},
    "early_locks": {"lanes", "locks"},
    "references": {"lanes", "link", "loop", "scheduler"},
    "fixtures": set(),
    "service_fixtures": {"fixtures"},
    "needs": set(),
    "parking": set(),
    "dropping": set(),
    "watching": {"parking", "scheduler", "source_line"},
    "driving": {"fixtures", "link", "loop", "needs", "references", "scheduler", "service_fixtures"},
    "runner": {
        "capture",
        "driving",
        "dropping",
        "early_locks",
        "garbage",
        "lanes",
        "link",
        "loop",
        "needs",
        "parking",
        "references",
        "scheduler",
        "source_line",
        "threads",
        "watching",
    },
    "namespace": {"link", "runner"},
    "answering": {"namespace", "runner"},
    # one run here, of both sides
    "play": {"link", "record", "runner", "world"},
    "player": {"namespace", "play", "record", "runner", "world"},
    "simulated": {"play", "record", "runner", "world"},
    # checks and verdicts
    "choices": {"seeds"},
    "measure": set(),
    "observed": {"link", "measure", "narrate", "record", "service"},
    "trial": {"choices", "clients", "link", "observed", "record", "runner", "service", "world"},
    "diagnoses": {"record"},
    "verdict": {"diagnoses", "measure", "narrate", "observed", "record", "trial"},
    "verdict_html": {"picture", "picture.ink", "verdict"},
    "reference": set(),
    "exercise": {"choices", "link", "player", "record", "reference", "trial", "verdict"},
    "exercises": set(),
    "exercises.start_here": {"exercise", "service", "trial"},
    "exercises.event_loop": {"exercise", "measure", "narrate", "observed", "service", "trial"},
    "exercises.errors": {"exercise", "measure", "narrate", "observed", "service", "trial"},
    "exercises.errors_again": {
        "exercise",
        "exercises.errors",
        "measure",
        "narrate",
        "observed",
        "record",
        "service",
        "trial",
    },
    "exercises.errors_breaker": {"exercise", "measure", "narrate", "observed", "trial"},
    "exercises.errors_connections": {"exercise", "observed", "service", "trial"},
    "exercises.errors_robust": {"exercise", "measure", "narrate", "observed", "service", "trial"},
    "exercises.own_loop": {"exercise", "measure", "narrate", "observed", "trial"},
    "exercises.backpressure": {
        "exercise",
        "exercises.concurrency",
        "measure",
        "narrate",
        "observed",
        "service",
        "trial",
    },
    "exercises.backpressure_limits": {"exercise", "measure", "narrate", "observed", "record", "trial"},
    "exercises.backpressure_pipeline": {"exercise", "measure", "narrate", "observed", "service", "trial"},
    "exercises.inference_admission": {
        "clients",
        "exercise",
        "measure",
        "narrate",
        "observed",
        "record",
        "service",
        "trial",
    },
    "exercises.inference_batching": {
        "clients",
        "exercise",
        "measure",
        "narrate",
        "observed",
        "record",
        "service",
        "trial",
    },
    "exercises.inference_device": {
        "clients",
        "exercise",
        "measure",
        "narrate",
        "observed",
        "record",
        "service",
        "trial",
    },
    "exercises.inference_pending": {"exercise", "measure", "observed", "record", "service", "trial"},
    "exercises.concurrency": {"exercise", "measure", "narrate", "observed", "service", "trial"},
    # the inference service, and who sends it load
    "serving": set(),
    "serving.parts": set(),
    "serving.settings": set(),
    "serving.refused": set(),
    "serving.observer": set(),
    "serving.version": set(),
    "serving.split": set(),
    "serving.cache": set(),
    "serving.expected": set(),
    "serving.quota": {"serving.refused"},
    "serving.engine": {
        "serving.expected",
        "serving.observer",
        "serving.parts",
        "serving.refused",
        "serving.settings",
        "serving.version",
    },
    "serving.service": {
        "serving.cache",
        "serving.engine",
        "serving.observer",
        "serving.parts",
        "serving.quota",
        "serving.refused",
        "serving.settings",
        "serving.split",
        "serving.version",
    },
    "serving.rows": {"serving.refused"},
    "serving.metrics": {"serving.observer", "serving.service"},
    "serving.front": {"serving.metrics", "serving.refused", "serving.rows", "serving.service"},
    "serving.torch_model": set(),
    "serving.sleeping_model": set(),
    "serving.__main__": {
        "serving.front",
        "serving.metrics",
        "serving.reference_parts",
        "serving.rows",
        "serving.service",
        "serving.settings",
        "serving.sleeping_model",
        "serving.torch_model",
    },
    "serving.reference_parts": {"needs", "reference", "serving.parts"},
    "serving.load": set(),
    "serving.sender": {"serving.load"},
    "serving.crowd": {"serving.interval", "serving.load", "serving.sender"},
    "serving.mosec_peer": {"serving.interval", "serving.load", "serving.sender"},
    # and its run under load, steered by buttons
    "serving.interval": set(),
    "serving.paced": {"serving.sleeping_model"},
    "serving.dashboard": {
        "narrate",
        "picture.axis",
        "picture.ink",
        "picture.page",
        "record",
        "serving.interval",
    },
    "serving.steered": {
        "cell",
        "controls",
        "narrate",
        "picture.ink",
        "screen",
        "serving.dashboard",
        "serving.front",
        "serving.interval",
        "serving.load",
        "serving.metrics",
        "serving.paced",
        "serving.parts",
        "serving.reference_parts",
        "serving.rows",
        "serving.sender",
        "serving.service",
        "serving.settings",
        "session",
        "source_line",
    },
    # a day of it on a simulated clock
    "serving.day": {
        "clients",
        "play",
        "record",
        "runner",
        "serving.reference_parts",
        "serving.refused",
        "serving.service",
        "serving.settings",
        "world",
    },
    "serving.day_picture": {"picture.ink", "picture.page", "serving.day"},
    "serving.capstone": {"cell", "narrate", "needs", "picture.ink", "serving.day", "serving.day_picture"},
    "exercises.inference_one_bad_row": {"exercise", "measure", "narrate", "observed", "service", "trial"},
    "exercises.inference_registry": {
        "clients",
        "exercise",
        "measure",
        "narrate",
        "observed",
        "record",
        "service",
        "trial",
    },
    "exercises.inference_states": {"clients", "exercise", "narrate", "observed", "trial"},
    "exercises.inference_the_end": {"clients", "exercise", "measure", "narrate", "observed", "trial"},
    # this machine, measured
    "machine": {"machine.costs", "machine.findings", "machine.four_ways", "machine.gaps"},
    "machine.jobs": set(),
    "machine.findings": set(),
    "machine.board": {"machine.findings"},
    "machine.four_ways": {"machine.board", "machine.findings", "machine.jobs"},
    "machine.gaps": {"machine.board", "machine.findings"},
    "machine.one_of_each": {"machine.findings"},
    "machine.costs": {"machine.board", "machine.findings"},
    # the learner's door
    "progress": {"exercise"},
    "show": {
        "course_folder",
        "exercise",
        "narrate",
        "picture",
        "picture.ink",
        "progress",
        "reference",
        "source_line",
        "verdict",
        "verdict_html",
    },
    "recorder": {"record"},
    "glance": {"picture.rows", "record", "recorder"},
    "window": {"picture.rows", "record", "recorder"},
    "driver": {"recorder", "source_line"},
    "pulse": {"record", "recorder"},
    "cell": set(),
    "screen": {"cell", "glance", "narrate", "picture", "picture.ink", "record", "recorder", "show", "window"},
    "live": {"cell", "driver", "picture", "pulse", "record", "recorder", "screen", "source_line"},
    "session": {"cell", "driver", "narrate", "picture.ink"},
    "controls": {"cell", "narrate", "screen"},
    "steered": {"cell", "controls", "narrate"},
    "kernel": {"cell", "narrate", "picture.ink", "pulse", "record", "source_line"},
    "plots": {"cell", "picture.ink", "picture.page"},
    "real": {
        "cell",
        "driver",
        "exercise",
        "link",
        "live",
        "narrate",
        "picture",
        "player",
        "record",
        "recorder",
        "runner",
        "service",
        "source_line",
        "trial",
        "world",
    },
    "demo": {"live", "real"},
    "__init__": {"controls", "kernel", "live", "session", "show"},
    # the course folder and the command line
    "cells": set(),
    "exchange": set(),
    "rebuild": {"cells"},
    "merge": {"rebuild"},
    "course_folder": {"exchange", "merge"},
    "doctor": set(),
    "lab": set(),
    "timeline": {"narrate", "picture", "record"},
    "workspace": set(),
    "cli": {"course_folder", "doctor", "lab", "show", "timeline", "workspace"},
    "__main__": {"cli"},
}

#: The reference answers are generated from the lessons, and use what those offer.
MAY_IMPORT |= {
    f"reference.{path.stem}": {"demo"}
    for path in (PACKAGE / "reference").glob("*.py")
    if path.stem != "__init__"
}


def name_of(path):
    """`picture.axis` of picture/axis.py, `picture` of picture/__init__.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}

every_module = pytest.mark.parametrize("module", MODULES)


def imported(path):
    """All that a file imports by name, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=0):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.ImportFrom():
                yield "a relative import"


def ours(name):
    """The module of this package that an imported name is or is in; None for what is not ours."""
    top, _, rest = name.partition(".")
    if top != "asynclab":
        return None
    while rest and rest not in MODULES:
        rest = rest.rpartition(".")[0]
    return rest or "__init__"


def reached(module):
    """The module and all that it imports, directly or not."""
    seen = [module]
    for one in seen:
        seen += sorted(MAY_IMPORT[one] - set(seen))
    return set(seen)


@every_module
def test_a_module_imports_what_the_table_allows_and_the_table_allows_no_more(module):
    assert "a relative import" not in set(imported(MODULES[module]))
    found = {one for one in map(ours, imported(MODULES[module])) if one is not None}

    if module.startswith("reference."):
        assert found <= MAY_IMPORT[module]
    else:
        assert found == MAY_IMPORT[module]


def test_the_table_has_every_module_and_no_other():
    assert set(MAY_IMPORT) == set(MODULES)


def test_no_module_imports_itself_by_a_detour():
    for module, allowed in MAY_IMPORT.items():
        assert not any(module in reached(one) for one in allowed), module


def test_a_record_knows_nothing_and_the_world_only_what_crosses_to_it():
    assert reached("record") == {"record"}
    assert reached("world") - {"world"} == {
        "arrivals",
        "calls",
        "clients",
        "computer",
        "link",
        "narrate",
        "proceedings",
        "protocol",
        "record",
        "resources",
        "seeds",
        "service",
    }


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("exercises.")])
def test_an_exercise_sees_scenes_and_records_and_never_an_answer(module):
    others = {name for name in MAY_IMPORT[module] if not name.startswith("exercises.")}
    assert others <= {"clients", "exercise", "measure", "narrate", "observed", "record", "service", "trial"}


@pytest.mark.parametrize("module", ["runner", "answering"])
def test_what_runs_beside_the_learners_code_has_nothing_of_the_world_in_it(module):
    of_the_judge = {
        "proceedings",
        "world",
        "service",
        "trial",
        "observed",
        "measure",
        "verdict",
        "exercise",
        "reference",
    }

    assert reached(module).isdisjoint(of_the_judge)


@pytest.mark.parametrize(
    "module", [name for name in MODULES if not name.startswith(("reference.", "__main__"))]
)
def test_no_module_of_the_package_imports_the_grader(module):
    assert not any(name.partition(".")[0] == "grader" for name in imported(MODULES[module]))


def test_the_grader_imports_nothing_of_the_package_that_is_not_there():
    own = [
        path
        for path in GRADER.rglob("*.py")
        if path.relative_to(GRADER).parts[0] not in ("corpus", "attacks")
    ]
    names = {name for path in own for name in imported(path)}

    assert {ours(name) for name in names if name.startswith("asynclab")} <= set(MODULES)


# -- what `import asynclab` does


def test_the_public_names_are_a_dozen_at_most_and_each_is_there():
    assert sorted(asynclab.__all__) == asynclab.__all__
    assert asynclab.__all__ == [
        *("buttons", "check", "hint", "predict", "progress", "session", "solution", "watch")
    ]
    assert all(callable(getattr(asynclab, name)) for name in asynclab.__all__)


HEAVY = (
    "aiohttp",
    "IPython",
    "ipykernel",
    "ipywidgets",
    "jupyterlab",
    "matplotlib",
    "nbgrader",
    "numpy",
    "torch",
    "nest_asyncio",
)


def in_a_fresh_interpreter(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_importing_it_imports_nothing_heavy():
    code = f"import asynclab, sys; print([name for name in {HEAVY} if name in sys.modules])"

    assert in_a_fresh_interpreter(code) == "[]\n"


def test_importing_it_starts_no_thread_no_loop_and_no_process_and_replaces_nothing():
    code = """
import asyncio, builtins, gc, multiprocessing, os, subprocess, sys, threading, time
before = [vars(module).copy() for module in (time, threading, asyncio, asyncio.tasks, sys, builtins)]
started = []
subprocess.Popen.__init__ = lambda *args, **named: started.append(args)
import asynclab
after = [vars(module) for module in (time, threading, asyncio, asyncio.tasks, sys, builtins)]
assert threading.active_count() == 1, threading.enumerate()
assert not [one for one in gc.get_objects() if isinstance(one, asyncio.AbstractEventLoop)]
assert not multiprocessing.active_children() and not started
for old, new in zip(before, after):
    assert {name: new[name] for name in old} == old
"""

    assert in_a_fresh_interpreter(code) == ""
