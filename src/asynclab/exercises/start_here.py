"""The exercises of 00 Start here."""

from __future__ import annotations

from asynclab.exercise import exercise
from asynclab.service import Dice
from asynclab.trial import Trial

NOTEBOOK = "00_start_here"


def reading(dice: Dice, key: str) -> float:
    """What the weather station measures: degrees or per cent, with one decimal."""
    return round(dice.uniform(1.0, 90.0), 1)


@exercise(
    "first_fetch",
    points=1,
    minutes=3,
    difficulty=1,
    importance=5,
    lines=1,
    hints=(
        'What does `store.get("temperature")` give you before anything has waited for it?',
        "Wait for the answer in front of the call, then hand it to whoever called you.",
        '`return await ...`, and in place of the dots the call: `store.get("temperature")`.',
    ),
)
def first_fetch(trial: Trial) -> None:
    """One call, awaited and returned."""
    store = trial.service(
        "weather-station",
        latency=trial.vary(0.5, 2.0),
        keys=("temperature", "humidity", "pressure"),
        reply=reading,
    )
    run = trial.call("first_fetch", store)

    run.value.equals(store.reply("temperature"), "returns what the station answered", gate=True)
    run.calls(store).at_most(1, "asks the station once")

    run.explain(
        when=run.returned_coroutine,
        say="Calling `store.get(...)` makes a coroutine object, and that is what you returned: "
        "put `await` in front of the call.",
    )
    run.explain(
        when=str(store.reply("temperature")) in run.printed,
        say="The value was printed, not returned. A caller cannot use what is on the screen: write `return`.",
    )
    run.explain(
        when=bool(run.record.noise) and not run.record.calls(),
        say="The call was never awaited, so the station was never asked: put `await` in front of it.",
    )
    run.explain(
        when=run.value.is_(None) and any(call.how == "reply" for call in run.record.calls()),
        say="The station answered, and the answer went nowhere: hand it to the caller with `return`.",
    )


@exercise(
    "two_fetches",
    points=2,
    minutes=5,
    difficulty=2,
    importance=5,
    lines=3,
    hints=(
        "When does the second call start: before or after the first answer is there?",
        "Put both calls in flight first, then wait for both.",
        '`await asyncio.gather(store.get("temperature"), ...)` gives both values, in that order.',
    ),
)
def two_fetches(trial: Trial) -> None:
    """Two calls in the time of one."""
    store = trial.service(
        "weather-station",
        latency=trial.vary(0.5, 2.0),
        keys=("temperature", "humidity", "pressure"),
        reply=reading,
    )
    run = trial.call("two_fetches", store)

    run.value.equals(
        [store.reply("temperature"), store.reply("humidity")],
        "returns both values, the temperature first",
        gate=True,
    )
    run.elapsed.at_most(store.slowest, "takes as long as one call")
    run.calls(store).at_most(2, "asks for each value once")

    run.explain(
        when=run.peak(store) == 1 and run.calls(store) == 2,
        say="The second call starts when the first one has answered: there is an `await` between them.",
    )
    run.explain(
        when=run.returned_coroutine,
        say="What you returned are coroutine objects, and nobody has run them: await them together, "
        "for instance with `asyncio.gather`.",
    )
    run.explain(
        when=run.left_running(store) > 0,
        say="A task was started and not waited for, so the function ended before its answer was there: "
        "`await` every task that you make.",
    )

    trial.new_scene()
    store = trial.service(
        "weather-station",
        latency={"temperature": trial.vary(0.6, 1.0), "humidity": 0.3},
        reply=reading,
    )
    run = trial.call("two_fetches", store)
    run.value.equals(
        [store.reply("temperature"), store.reply("humidity")], "waits for both, when one takes longer"
    )
    run.explain(
        when=run.raised == "InvalidStateError",
        say="The first answer was there and the other was not yet: wait for both.",
    )
