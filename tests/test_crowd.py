"""Many open connections, with a server and its clients in a process each."""

import asyncio
import re
import subprocess

import pytest

from asynclab.serving import crowd, sender
from asynclab.serving.crowd import hold_connections


def test_all_of_them_stay_open_and_both_processes_end(monkeypatch):
    processes = []
    for module in (crowd, sender):

        def noted(*args, start=module._start):
            processes.append(start(*args))
            return processes[-1]

        monkeypatch.setattr(module, "_start", noted)
    monkeypatch.setattr(crowd, "SECONDS", 0.5)

    said = asyncio.run(hold_connections(200))

    assert said.startswith("200 of 200 connections are open, ")
    sent, answered = re.search(r"(\d+) requests went over them, and (\d+) were answered", said).groups()
    assert 0 < int(answered) <= int(sent)
    assert [process.poll() is not None for process in processes] == [True, True]


def test_where_a_process_may_not_have_so_many_open_files_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(crowd, "open_files_allowed", lambda: 4096)
    monkeypatch.setattr(crowd, "_start", lambda: pytest.fail("it started a server"))

    said = asyncio.run(hold_connections(10_000))

    assert said.startswith("A process may have 4,096 open files here; 10,000 connections need 10,100: ")
    assert "`ulimit -n 10100`" in said


def test_a_server_that_does_not_start_is_told(monkeypatch):
    def broken():
        return subprocess.Popen(["false"], stdout=subprocess.PIPE)

    monkeypatch.setattr(crowd, "_start", broken)
    with pytest.raises(RuntimeError, match="the server ended before it listened"):
        asyncio.run(hold_connections(10))
