"""Each module imports what the table of the package allows, and nothing else."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from import_table import MAY_IMPORT

import asynclab

PACKAGE = Path(asynclab.__file__).parent
GRADER = PACKAGE.parent.parent / "grader"


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
        "quantiles",
        "record",
        "resources",
        "seeds",
        "service",
    }


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("exercises.")])
def test_an_exercise_sees_scenes_and_records_and_never_an_answer(module):
    others = {name for name in MAY_IMPORT[module] if not name.startswith("exercises.")}
    seen = {
        "clients",
        "exercise",
        "measure",
        "narrate",
        "observed",
        "quantiles",
        "record",
        "service",
        "trial",
    }
    assert others <= seen


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
