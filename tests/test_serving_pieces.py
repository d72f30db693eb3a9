"""The small things of the service, each alone."""

import asyncio
import doctest
import importlib

import pytest

from asynclab.serving import quota
from asynclab.serving.cache import Cache
from asynclab.serving.expected import ExpectedEnd
from asynclab.serving.quota import Quota
from asynclab.serving.reference_parts import parts
from asynclab.serving.refused import Refused
from asynclab.serving.rows import Rows
from asynclab.serving.split import Split


@pytest.mark.parametrize("module", ["rows", "split"])
def test_the_examples_of_a_module_give_what_they_say(module):
    results = doctest.testmod(importlib.import_module(f"asynclab.serving.{module}"))

    assert (results.failed, results.attempted > 0) == (0, True)


def test_a_cache_keeps_the_answers_that_were_asked_for_last():
    async def asked():
        cache, made = Cache(2), []

        async def make(key):
            made.append(key)
            return key

        for key in "ababcab":
            await cache.get(key, lambda key=key: make(key))
        return made

    assert asyncio.run(asked()) == ["a", "b", "c", "a", "b"]


def test_an_error_is_told_to_all_who_wait_and_not_kept():
    async def asked():
        cache, calls = Cache(2), []

        async def make():
            calls.append(1)
            await asyncio.sleep(0)
            if len(calls) == 1:
                raise ValueError("no")
            return "yes"

        first = await asyncio.gather(*[cache.get("a", make) for _ in range(3)], return_exceptions=True)
        return [repr(error) for error in first], (await cache.get("a", make)), len(calls)

    assert asyncio.run(asked()) == (["ValueError('no')"] * 3, ("yes", True), 2)


def test_a_computation_that_nobody_waits_for_any_more_ends():
    async def left():
        ended = asyncio.Event()

        async def make():
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        cache = Cache(2)
        waiting = [asyncio.create_task(cache.get("a", make)) for _ in range(2)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.wait(waiting[:1])
        still = not ended.is_set()
        waiting[1].cancel()
        await ended.wait()
        return still

    assert asyncio.run(left())


def test_the_buckets_of_clients_who_have_not_come_for_long_are_forgotten(monkeypatch):
    monkeypatch.setattr(quota, "MAX_CLIENTS", 2)

    async def taken():
        mine = Quota(parts().token_bucket, rate=0.001, burst=1)
        refused = []
        for client in "aabcab":
            try:
                await mine.take(client)
            except Refused as error:
                refused.append((client, error.status, error.retry_after))
        return refused

    assert asyncio.run(taken()) == [("a", 429, 1000)]  # b came, then c, so a's was forgotten; then b's


@pytest.mark.parametrize("weights", [{"v1": 0}, {"v1": 1, "v2": -1}])
def test_a_weight_is_more_than_nothing(weights):
    with pytest.raises(ValueError, match="a weight is more than 0"):
        Split(weights)


def test_a_row_is_refused_with_what_it_should_have_been():
    with pytest.raises(Refused, match="with 2 numbers from -1e\\+06 to 1e\\+06"):
        Rows(2).read(b'{"row": [1]}')


def test_the_line_through_the_first_two_follows_a_device_that_becomes_slower_a_bit_at_a_time():
    async def expected():
        device = ExpectedEnd()
        device.observe(1, 0.011)
        device.observe(11, 0.021)
        first = device.seconds(21)
        device.observe(11, 1000.0)
        return first, device.seconds(21)

    first, later = asyncio.run(expected())
    assert first == pytest.approx(0.031)
    assert later == pytest.approx(0.031 * 1.1)
