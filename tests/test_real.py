"""An answer run for real: the same function, a server on this machine, and the two runs in one picture."""

import asyncio

import pytest

from asynclab import real as real_runs
from asynclab.demo import real
from asynclab.exercise import _EXERCISES, exercise
from asynclab.picture import svg

NOTEBOOK = "test_real"


@pytest.fixture
def asked():
    """An exercise of two services, one of which fails for one key."""

    @exercise("ask_both", points=1, minutes=1, difficulty=1, importance=1, lines=1, hints=("", "", ""))
    def ask_both(trial):
        store = trial.service(
            "store", latency={"a": 0.05, "b": 0.1}, reply=lambda dice, key: f"value of {key}"
        )
        broken = trial.service("broken", latency=0.02, fail=ConnectionError("replica is down"))
        trial.call("ask_both", [store, broken], "a", broken.bound("get", "c"))

    yield
    del _EXERCISES["ask_both"]


@pytest.fixture
def shown(monkeypatch):
    """What was shown, as (html, text)."""
    outputs = []
    monkeypatch.setattr(real_runs, "present", lambda rich, text: outputs.append((rich["text/html"], text)))
    return outputs


def run(name, function):
    asyncio.run(real(name, {name: function}))


def test_the_same_answer_asks_a_real_server_the_same_and_gets_the_same(asked, shown):
    seen = []

    async def ask_both(services, key, call):
        first, *errors = await asyncio.gather(
            services[0].get(key), services[1].get(key=key), call(), return_exceptions=True
        )
        seen.append((first, [repr(error) for error in errors]))

    run("ask_both", ask_both)

    simulated, real_one = seen
    assert simulated == real_one == ("value of a", ["ConnectionError('replica is down')"] * 2)


def test_the_real_calls_are_drawn_over_the_simulated_ones_with_a_sentence_on_the_difference(asked, shown):
    async def ask_both(services, key, call):
        return await asyncio.gather(services[0].get("a"), services[0].get("b"))

    run("ask_both", ask_both)

    [(html, text)] = shown
    assert html.count("<title>simulated: store.get(") == 2
    assert "in the simulated world" in html
    sentence = text.splitlines()[-1]
    assert sentence.startswith("About 0.1")
    assert "on the real clock, 0.1 s on the world's. The calls took up to " in sentence


def test_what_the_libraries_do_is_not_drawn_as_the_learners_tasks(asked, shown):
    async def ask_both(services, key, call):
        return await services[0].get("a")

    run("ask_both", ask_both)

    assert [line.split()[0] for line in shown[0][1].splitlines()[:-1]] == ["a"]


def test_an_answer_that_raises_is_drawn_and_said(asked, shown):
    async def ask_both(services, key, call):
        return await call()

    run("ask_both", ask_both)

    assert "For real it raised ConnectionError: replica is down." in shown[0][1]


def test_a_call_that_is_given_up_is_given_up_for_real(asked, shown):
    async def ask_both(services, key, call):
        async with asyncio.timeout(0.03):
            await services[0].get("b")

    run("ask_both", ask_both)

    assert "For real it raised TimeoutError." in shown[0][1]
    assert shown[0][1].splitlines()[0].endswith("x")


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("ask_all", None, "there is no exercise 'ask_all'"),
        ("fetch_all", None, "fetch_all is not defined yet: run the cell with your answer first."),
        (
            "best_tool",
            lambda workload: "async",
            "best_tool asks no service, so there is nothing to run for real.",
        ),
    ],
)
def test_what_cannot_be_run_for_real_is_a_sentence(shown, name, answer, said):
    asyncio.run(real(name, {name: answer} if answer else {}))

    assert said in shown[0][1]


def test_the_other_record_stands_in_the_rows_of_its_counterparts():
    from tests.sample_records import SAMPLES

    drawn = svg(SAMPLES["together"], ghost=SAMPLES["one_by_one"])

    assert drawn.count("<title>simulated: ") == 3
    assert "3 s</text>" in drawn  # the later end of the two
