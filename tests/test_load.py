"""The clients of a real server: how they come, what they see, and that none of them stays."""

import asyncio
import itertools
import os
import random
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter

import pytest

from asynclab.serving.load import Load, Plan
from asynclab.serving.sender import Sender


class Server:
    """Answers on a port of this machine as `answer` says, a status and a body for each request's body."""

    def __init__(self, answer):
        self.answer, self.asked, self.serving = answer, [], []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for task in self.serving:
            task.cancel()
        await asyncio.gather(*self.serving, return_exceptions=True)

    async def serve(self, reader, writer):
        self.serving.append(asyncio.current_task())
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                body = (await reader.readexactly(length)).decode()
                self.asked.append(body)
                status, said = await self.answer(body)
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(said)}\r\n\r\n{said}".encode())
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def at_once(body):
    return 200, '{"model_version": "v1"}'


async def everybody(answer, *, requests=50, **plan):
    """What is seen of so many requests; the server, and all tallies."""
    async with Server(answer) as server:
        tallies = []
        load = Load(Plan(server.port, "/", ["good"], **{"rate": 500.0, **plan}), tallies.append)
        running = asyncio.create_task(load.run())
        while load._number < requests:
            await asyncio.sleep(0.001)
        load.command(stop=True)
        await running
        return server, tallies


def total(tallies):
    return sum((tally.status for tally in tallies), Counter())


def test_every_request_that_was_sent_is_counted_once():
    server, tallies = asyncio.run(everybody(at_once))

    sent = sum(tally.sent for tally in tallies)
    assert sent == len(server.asked) >= 50
    assert total(tallies) == {"200": sent}
    assert sum(len(tally.ms) for tally in tallies) == sent
    assert sum((tally.versions for tally in tallies), Counter()) == {"v1": sent}
    assert [tally.last for tally in tallies] == [False] * (len(tallies) - 1) + [True]


def test_connections_are_kept_and_used_again():
    server, _ = asyncio.run(everybody(at_once, requests=200))

    assert len(server.serving) < len(server.asked) / 2


def test_connections_that_are_held_are_opened_first_and_take_turns():
    server, tallies = asyncio.run(everybody(at_once, requests=40, connections=20, hold=20))

    assert len(server.serving) == 20
    assert tallies[-1].connections == 20


def test_a_stall_is_seen_in_every_request_that_was_due_in_it():
    stalled = []

    async def stall_once(body):
        if not stalled:
            stalled.append(time.sleep(0.5))  # the whole server, and its clients
        return await at_once(body)

    _, tallies = asyncio.run(everybody(stall_once, requests=200, rate=200.0, patience=60.0))

    dice = random.Random(Plan(0, "/", [], rate=200.0).seed)
    due = list(itertools.accumulate(dice.expovariate(200.0) for _ in range(200)))
    # Nobody has an answer before it is over. Who waits for an answer before asking again would be late once.
    late = sorted((1000 * (due[0] + 0.5 - one) for one in due if one < due[0] + 0.5), reverse=True)
    seen = sorted((one for tally in tallies for one in tally.ms), reverse=True)
    assert len(late) > 50
    assert all(ms >= least - 0.01 for ms, least in zip(seen, late, strict=False))


def test_who_has_no_patience_leaves_and_closes_the_connection():
    left = []

    async def never(body):
        try:
            await asyncio.sleep(3600)
        finally:
            left.append(body)

    async def run():
        async with Server(never) as server:
            tallies = []
            load = Load(Plan(server.port, "/", ["x"], rate=500.0, patience=0.05), tallies.append)
            asyncio.get_running_loop().call_later(0.1, load.command, None, None, True)
            await load.run()
            return tallies

    assert set(total(asyncio.run(run()))) == {"left"}


def test_an_answer_after_the_deadline_is_not_in_time():
    async def late(body):
        await asyncio.sleep(0.06)
        return await at_once(body)

    _, tallies = asyncio.run(everybody(late, deadline=0.05))

    assert total(tallies)["200"] >= 50
    assert sum(tally.in_time for tally in tallies) == 0


def test_a_share_of_them_sends_the_bad_body_and_statuses_are_told_apart():
    async def picky(body):
        return (await at_once(body)) if body == "good" else (400, "no")

    server, tallies = asyncio.run(everybody(picky, requests=200, bad=0.5, bad_body="bad"))

    seen = total(tallies)
    assert seen["400"] == server.asked.count("bad") > 50
    assert seen["200"] == server.asked.count("good") > 50


def test_a_port_where_nobody_listens_loses_all_of_them():
    async def run():
        async with Server(at_once) as server:
            port = server.port
        tallies = []
        load = Load(Plan(port, "/", ["x"], rate=500.0), tallies.append)
        asyncio.get_running_loop().call_later(0.1, load.command, None, None, True)
        await load.run()
        return tallies

    assert set(total(asyncio.run(run()))) == {"lost"}


# -- in a process of their own


async def sent(*commands, patience=1.0):
    """The tallies of a load that is given these commands, one an interval, and then stopped."""
    async with Server(at_once) as server:
        plan = Plan(server.port, "/", ["good"], rate=100.0, bad_body="bad", every=0.2, patience=patience)
        async with Sender(plan) as sender:
            tallies, left = [], [*commands, {"stop": True}]
            async for tally in sender.tallies():
                tallies.append(tally)
                if left:
                    sender.command(**left.pop(0))
        return sender, server, tallies


def test_what_the_process_counts_is_what_the_server_was_asked():
    sender, server, tallies = asyncio.run(sent({"rate": 400.0}, {"bad": 1.0}))

    assert sum(tally.sent for tally in tallies) == len(server.asked) == total(tallies)["200"]
    assert server.asked[-1] == "bad"
    assert sender.process.returncode == 0


def test_a_block_that_is_left_takes_the_process_with_it():
    async def run():
        async with Server(at_once) as server:
            sender = Sender(Plan(server.port, "/", ["x"], rate=100.0))
            with pytest.raises(asyncio.CancelledError):
                async with sender:
                    raise asyncio.CancelledError
            return sender.process

    assert asyncio.run(run()).returncode is not None


PARENT = """
import asyncio, sys
from asynclab.serving.load import Plan
from asynclab.serving.sender import Sender

async def main():
    async with Sender(Plan(1, "/", ["x"], rate=10.0)) as sender:
        print(sender.process.pid, flush=True)
        await asyncio.sleep(3600)

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill"])
def test_no_process_is_left_when_its_parent_is_ended(number):
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as parent:
        child = os.pidfd_open(int(parent.stdout.readline()))
        os.killpg(parent.pid, number)

    select.select([child], [], [])  # until it has ended; the test's own timeout is the bound
    os.close(child)
