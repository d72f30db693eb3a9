"""Verdicts on measured numbers are rules; what is measured is only looked at for its form."""

import asyncio
import json
import subprocess
import sys

import pytest

from asynclab.machine import Finding, Findings, four_ways
from asynclab.machine.costs import Cost, _rows
from asynclab.machine.costs import judge_processes as judge_starts
from asynclab.machine.four_ways import WAIT, _wait_row, judge_processes, judge_speedup
from asynclab.machine.gaps import judge_gap
from asynclab.machine.jobs import validation_loss

MB = 1024.0 * 1024.0


def test_ten_waits_in_a_pool_of_four_are_three_rounds_so_the_claim_of_one_and_a_half_is_false():
    assert _wait_row("4 processes", 3.1 * WAIT, claimed=1.4).verdict == "false"


def test_waits_that_are_a_little_late_are_not_blamed_on_the_claim():
    assert _wait_row("async", 1.1 * WAIT, claimed=1.0).verdict == "true"
    assert _wait_row("async", 1.6 * WAIT, claimed=1.0).verdict == "cannot tell"


@pytest.mark.parametrize(
    ("speedup", "busy", "spare", "word"),
    [
        (1.0, 1.0, 0.95, "true"),
        (1.9, 1.9, 0.95, "false"),
        (1.0, 0.6, 0.4, "cannot tell"),  # no core was free, so nothing could have been faster
        (0.4, 1.0, 0.95, "cannot tell"),
    ],
)
def test_as_fast_as_in_sequence_is_judged_by_cores_that_were_there(speedup, busy, spare, word):
    assert judge_speedup(speedup, 0.98, busy=busy, spare=spare)[0] == word


@pytest.mark.parametrize(
    ("started", "whole", "spare", "word"),
    [
        (3.5, 3.2, 0.95, "true"),
        (3.5, 0.5, 0.95, "depends"),
        (1.1, 0.3, 0.4, "cannot tell"),
        (1.1, 0.3, 0.95, "false"),
    ],
)
def test_processes_are_as_fast_as_claimed_if_jobs_are_long_and_cores_free(started, whole, spare, word):
    assert judge_processes(started, whole, claimed=3.6, spare=spare)[0] == word


def test_a_gap_as_long_as_the_call_is_a_gil_that_was_held():
    assert judge_gap(0.97, "a thread frees the loop")[0] == "false"
    assert judge_gap(0.97, "needs processes")[0] == "true"
    assert judge_gap(0.45, "needs processes")[0] == "cannot tell"
    assert judge_gap(0.03, "needs processes")[0] == "false"
    assert judge_gap(0.03, "a thread frees the loop")[0] == "true"


def test_costs_are_judged_by_their_size_not_by_a_few_per_cent():
    rows = {
        row.what: row
        for row in _rows(
            {
                "task": Cost("task", 1500.0, 1500.0, 0.0, 15e-6),
                "thread": Cost("thread", 16_000.0, 16_000.0, 9 * MB, 0.15e-3),
                "fork": Cost("fork", 20 * MB, 1.2 * MB, 60 * MB, 8e-3),
                "spawn": Cost("spawn", 30 * MB, 12 * MB, 90 * MB, 0.4),
            }
        )
    }
    assert [(what, row.verdict) for what, row in rows.items()] == [
        ("task: memory", "true"),
        ("task: start", "false"),
        ("thread: memory", "false"),
        ("thread: start", "true"),
        ("process (fork): memory", "depends"),
        ("process (spawn): memory", "depends"),
        ("process (fork): start", "depends"),
        ("process (spawn): start", "depends"),
    ]
    assert rows["thread: memory"].why.endswith("9.0 MB are addresses, which cost nothing until they are used")


def test_one_claim_for_two_ways_to_start_holds_for_both_or_depends_or_is_false():
    assert [judge_starts(parts) for parts in ([1.0, 2.0], [1.0, 40.0], [30.0, 40.0])] == [
        "true",
        "depends",
        "false",
    ]


def test_a_table_reads_the_same_as_text_and_as_html():
    table = Findings("Waits", (Finding("<async>", "0.1 s", "1 wait", "true", "", 0.1),))

    assert repr(table).splitlines()[0] == "Waits"
    assert repr(table).splitlines()[2].split() == ["<async>", "0.1", "s", "1", "wait", "true"]
    assert "&lt;async&gt;" in table._repr_html_()
    assert '<th scope="row"' in table._repr_html_()


def test_half_measured_findings_say_how_far_they_are():
    half = Findings("Waits", (), done=0.5)

    assert repr(half).startswith("Waits: measuring, 50% done")
    assert '<progress value="0.50"' in half._repr_html_()


@pytest.mark.slow
def test_waits_are_measured_four_ways():
    table = asyncio.run(four_ways("wait"))

    assert [row.what for row in table.rows] == ["sequential", "threads", "async", "4 processes"]
    assert table["4 processes"].verdict == "false"  # on any machine: three rounds are the least


def test_another_kind_of_job_is_refused_by_name():
    with pytest.raises(ValueError, match=r'there are "wait", "python" and "native"'):
        asyncio.run(four_ways("disk"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["task", "thread", "fork", "spawn"])
def test_one_of_each_is_measured_in_a_process_of_its_own(kind):
    command = [sys.executable, "-m", "asynclab.machine.one_of_each", kind]
    child = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    cost = json.loads(child.stdout)

    assert child.stderr == ""
    assert cost is None or (cost.keys() == {"resident", "own", "addresses", "start"} and cost["start"] > 0)


def test_a_rate_that_is_too_high_learns_nothing():
    assert validation_loss(0.1) < 0.1 < validation_loss(0.001)
