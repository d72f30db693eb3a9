"""The lessons' services answer like those of the simulated worlds, on the real clock."""

import asyncio

import pytest

from asynclab.demo import Model, Store, run_child


def test_a_store_answers_what_it_was_told_to():
    assert asyncio.run(Store(latency=0, replies={"temperature": 21.5}).get("temperature")) == 21.5


def test_a_store_without_replies_makes_up_the_same_number_every_time():
    def ask(name, key):
        return asyncio.run(Store(name, latency=0).get(key))

    assert ask("store", "user-1") == ask("store", "user-1")
    assert ask("store", "user-1") != ask("store", "user-2")
    assert ask("store", "user-1") != ask("replica", "user-1")


def test_a_store_does_not_know_every_key():
    with pytest.raises(KeyError, match="store has no 'rain'"):
        asyncio.run(Store(latency=0, replies={"temperature": 21.5}).get("rain"))


def test_a_model_answers_with_a_text_about_the_prompt():
    assert asyncio.run(Model(latency=0).ask("red")) == "answer to 'red'"


def test_each_key_has_its_own_latency():
    async def order(store):
        return [await value for value in asyncio.as_completed([store.get("slow"), store.get("fast")])]

    store = Store(latency={"slow": 0.03, "fast": 0.0}, replies={"slow": "s", "fast": "f"})
    assert asyncio.run(order(store)) == ["f", "s"]


def test_a_store_fails_always_or_for_some_keys():
    async def outcomes(store):
        return await asyncio.gather(store.get("a"), store.get("b"), return_exceptions=True)

    error = ConnectionError("replica is down")
    assert asyncio.run(outcomes(Store(latency=0, fail=error))) == [error, error]
    assert asyncio.run(outcomes(Store(latency=0, replies={"b": 2}, fail={"a": error}))) == [error, 2]


def test_a_store_with_a_capacity_works_on_that_many_calls_at_once():
    """With room for two, the third call is only begun when one of the first two is over."""

    async def order(store):
        ended = []

        async def ask(key):
            await store.get(key)
            ended.append(key)

        await asyncio.gather(ask("long"), ask("short"), ask("shorter"))
        return ended

    latency = {"long": 0.06, "short": 0.03, "shorter": 0.01}
    assert asyncio.run(order(Store(latency=latency))) == ["shorter", "short", "long"]
    assert asyncio.run(order(Store(latency=latency, capacity=1))) == ["long", "short", "shorter"]
    assert asyncio.run(order(Store(latency=latency, capacity=2))) == ["short", "shorter", "long"]


def test_a_child_gives_what_it_printed():
    assert run_child("print(6 * 7)") == "42"


def test_a_child_that_fails_says_how_in_its_last_line():
    assert run_child("print('so far'); 1 / 0") == (
        "so far\n(ended with exit code 1: ZeroDivisionError: division by zero)"
    )
    assert run_child("import os; os._exit(3)") == "(ended with exit code 3)"


def test_a_child_that_hangs_is_stopped():
    assert run_child("while True: pass", timeout=0.2) == "(stopped: it had not ended after 0.2 s)"


def test_services_show_their_name():
    assert repr([Store("replica-1"), Model()]) == "[Store('replica-1'), Model('model')]"
