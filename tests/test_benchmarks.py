"""The benchmarks run and print what they promise. What they measure decides nothing here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import publish

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
MACHINE = {"load_average", "python", "cpus", "repeat"}
SMALL = {
    "clock.py": ["--tasks", "5", "--rounds", "1", "--calls", "20", "--repeat", "1"],
    "live.py": ["--switches", "50", "--repeat", "1", "--seconds", "1", "--rounds", "1"],
    "check.py": ["--fetches", "3", "--repeat", "1"],
    "serving.py": ["--seconds", "1", "--repeat", "1", "--idle", "20"],
    "scale.py": ["--clients", "10", "--requests", "20"],
    "grading.py": ["--submissions", "2", "--rounds", "1"],
    "wire.py": ["--calls", "10", "--trips", "5", "--repetitions", "1"],
}


@pytest.fixture(autouse=True)
def without_peers(monkeypatch):
    """Servers that happen to be installed on this machine are not started."""
    monkeypatch.setenv("PEERS", "nowhere")


def run(script, *options):
    command = [sys.executable, str(FOLDER / script), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def small(script):
    return json.loads(run(script, *SMALL[script], "--json"))


def test_each_benchmark_is_tested_and_has_its_command_in_the_readme():
    scripts = {path.name for path in FOLDER.glob("*.py")} - {"publish.py", "table.py"}
    assert scripts == set(SMALL)
    readme = (FOLDER / "README.md").read_text()
    assert [script for script in scripts if f".venv/bin/python benchmarks/{script} " not in readme] == []


def test_what_is_published_is_what_was_printed_and_nothing_else_of_the_page_changes():
    page = f"# Page\n{publish.BEGIN}{publish.END}\nbelow\n"
    both = publish.published(page, "a processor", {"check.py": "3\n", "clock.py": "1 2\n"})

    clock = "`benchmarks/clock.py`, on a processor:\n```\n1 2\n```\n"
    check = "`benchmarks/check.py`, on a processor:\n```\n3\n```\n"
    assert both == f"# Page\n{publish.BEGIN}{clock}\n{check}{publish.END}\nbelow\n"


def test_the_table_of_a_script_that_was_not_run_again_stays_with_the_machine_it_was_measured_on():
    page = f"{publish.BEGIN}{publish.END}"
    both = publish.published(page, "an old one", {"clock.py": "1 2", "check.py": "3"})
    again = publish.published(both, "a new one", {"check.py": "4"})

    assert "`benchmarks/clock.py`, on an old one:\n```\n1 2\n```\n" in again
    assert "`benchmarks/check.py`, on a new one:\n```\n4\n```\n" in again
    assert "3" not in again


def test_the_page_has_the_tables_of_every_script_that_is_published():
    page = publish.README.read_text(encoding="utf-8").split(publish.BEGIN)[1]

    assert [script for script in publish.SCRIPTS if f"`benchmarks/{script}`, on " not in page] == []
    assert page.count("\nload average ") == len(publish.SCRIPTS)


def test_the_clock_is_compared_with_the_fastest_other_asyncio_clock():
    result = small("clock.py")
    assert result.keys() >= MACHINE | {"ratio_to_fastest_asyncio", "events_per_cpu_second", "tasks", "rounds"}
    medians = result["median_cpu_seconds"]
    assert set(medians) == {"asynclab", "looptime", "async-solipsism", "trio MockClock", "SimPy"}
    assert all(set(seconds) == {"sleepers", "timeouts"} for seconds in medians.values())
    assert result["ratio_to_fastest_asyncio"] == max(result["ratios"].values())


def test_a_check_is_measured_with_and_without_its_picture():
    result = small("check.py")
    assert result.keys() >= MACHINE | {
        "check_cpu_ms",
        "check_with_picture_cpu_ms",
        "import_cpu_ms",
        "fetches",
    }
    assert result["worlds"] >= 1


def test_a_switch_is_measured_with_and_without_a_recorder():
    result = small("live.py")
    assert result.keys() >= MACHINE | {"ratio"}
    assert {"no recorder", "watch"} <= result["switch_cpu_us"].keys()
    assert result["plots"]["plot, 5 fps"]["frames_per_second"] > 0
    assert set(result["stop_seconds"]) == {"stop, idle", "stop, busy", "stop, blocked"}
    assert result["plots"]["no plot"]["frames_per_second"] == 0


def test_the_wire_is_compared_with_one_process():
    result = small("wire.py")
    assert set(result["workloads"]) == {"together", "one by one", "clients", "a check"}
    for numbers in result["workloads"].values():
        assert set(numbers) == {"events", "here", "wire"}


@pytest.mark.slow
def test_the_service_is_compared_with_what_is_there():
    result = small("serving.py")
    assert result.keys() >= MACHINE | {"cpu_ratio_to_echo", "good_in_spike", "best_peer_good_in_spike"}
    assert set(result["cost"]) == {"aiohttp echo", "reference", "naive"}
    assert set(result["overload"]) == {"reference", "naive"}
    assert {one["lost"] for one in result["idle"].values()} == {0}


@pytest.mark.slow
def test_marking_is_compared_with_stock_nbgrader(runtime):
    result = small("grading.py")
    assert set(result["doors"]) == {"stock nbgrader", "nbgrader, our judge", "the engine"}


@pytest.mark.parametrize("script", sorted(set(SMALL) - {"grading.py", "serving.py"}))
def test_the_table_has_the_machine_beside_it(script):
    last = run(script, *SMALL[script]).splitlines()[-1]
    assert last.startswith("load average ")
    assert f"Python {sys.version.split()[0]}" in last
    assert last.endswith("CPUs")


@pytest.mark.parametrize("script", SMALL)
def test_help_names_the_options(script):
    told = run(script, "--help")
    assert [
        option for option in [*SMALL[script], "--json"] if option.startswith("--") and option not in told
    ] == []
