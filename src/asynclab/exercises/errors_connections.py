"""The exercise of 03 When things fail about what was opened: it is closed, once, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator

from asynclab.exercise import exercise
from asynclab.observed import Run
from asynclab.service import Dice, Service
from asynclab.trial import Trial

NOTEBOOK = "03_errors"

#: Who asks for the connection in a block: after so many seconds, with which query, giving up after how long.
Query = tuple[float, str, float | None]


@exercise(
    "connections",
    points=6,
    minutes=20,
    difficulty=4,
    importance=5,
    lines=14,
    hints=(
        "Two ask at the same moment, and nothing is open yet. What does the second one do meanwhile?",
        "`get` under an `asyncio.Lock`, so that one opens and the others find it open; `__aexit__` closes.",
        (
            "`async with self._lock:` if there is no connection, `self._connection = await self._open()`. In "
            "`__aexit__`: if there is one, `await connection.close()`; return nothing, so that an exception "
            "goes on."
        ),
    ),
)
def connections(trial: Trial) -> None:
    """Opened at most once, shared, closed once, on success, error and cancellation."""
    opening, names = trial.vary(0.2, 0.5), trial.names("query", 2, 4)
    run, _ = _block(trial, opening, [(0.1 * n, name, None) for n, name in enumerate(names)])
    run.reply(1).equals(
        ["connection-1"] * len(names), "gives everybody in the block the same connection", gate=True
    )
    run.requires(
        _opened(run) <= 1, "opens once, however many ask meanwhile", f"{_opened(run)} were opened", weight=4
    )
    held, otherwise = _closing(run)
    run.requires(held, "closes the connection at the end of the block", otherwise, weight=2)
    _explain(run)

    trial.new_scene()
    run, open_ = _block(trial, opening, [])
    run.calls(open_).equals(0, "opens nothing when nobody asks")

    trial.new_scene()
    run, _ = _block(trial, opening, [(0.0, name, None) for name in names], raises=True)
    held, otherwise = _closing(run)
    run.requires(held, "closes the connection when the block raises", otherwise, weight=2)
    run.requires(
        run.request(1).error == "ValueError",
        "lets an exception leave the block",
        f"the block raised ValueError, and outside it {_ending(run)}",
    )
    _explain(run)

    trial.new_scene()
    run, _ = _block(trial, opening, [(0.0, name, None) for name in names], patience=opening + 0.5)
    held, otherwise = _closing(run)
    run.requires(held, "closes the connection when the block is cancelled", otherwise, weight=2)
    _explain(run)

    trial.new_scene()
    run = _cancelled(trial, opening)
    run.reply(1).equals("was cancelled", "lets a cancellation leave the block")

    trial.new_scene()
    run, _ = _block(trial, opening, [(0.0, name, None) for name in names], patience=opening / 2)
    held, otherwise = _closing(run)
    run.requires(held, "closes nothing when it was cancelled before anything was open", otherwise)

    trial.new_scene()
    run, _ = _block(trial, opening, [(0.0, "first", None), (opening + 0.5, "second", None)], failures=1)
    run.reply(1).equals(
        [ConnectionError("refused"), "connection-1"],
        "raises what `open` raises, and opens again at the next get",
    )

    trial.new_scene()
    queries: list[Query] = [(0.0, "first", opening / 2), (0.01, "second", None)]
    run, _ = _block(trial, opening, queries)
    given = run.request(1).value if isinstance(run.request(1).value, list) else [None]
    run.requires(
        str(given[-1]).startswith("connection") and _opened(run) == len(_closed(run)),
        "gives a connection to the second when the first gives up while it opens",
        f"the second got {given[-1]}; {_opened(run)} were opened, {len(_closed(run))} closed",
    )


def _block(
    trial: Trial,
    opening: float,
    queries: list[Query],
    *,
    raises: bool = False,
    patience: float | None = None,
    failures: int = 0,
) -> tuple[Run, Service]:
    """One block in which the connection is asked for and queried; connections have names."""
    open_ = _open(trial, opening, failures)
    made_by_learner = trial.make("Connections", open_)
    trial.at(0.0, None, "query_in_one_block", made_by_learner, queries, raises, patience=patience)
    trial.at(20.0, None, "ping")
    return trial.drive("Connections"), open_


def _cancelled(trial: Trial, opening: float) -> Run:
    trial.at(0.0, None, "cancelled_in_a_block", trial.make("Connections", _open(trial, opening)))
    return trial.drive("Connections")


def _open(trial: Trial, opening: float, failures: int = 0) -> Service:
    """What opens connections, and refuses so often before it does."""
    made = [
        trial.service(
            f"connection-{n}",
            methods={"query": ["key"], "close": []},
            latency=1.0,
            reply=lambda dice, *key, n=n: f"connection-{n}",
        )
        for n in (1, 2, 3, 4, 5)
    ]
    left: Iterator[Service] = iter(made)

    def open_one(dice: Dice) -> Service:
        return next(left)

    return trial.function(
        "open",
        latency=opening,
        reply=open_one,
        fail=lambda first, attempt: ConnectionError("refused") if attempt <= failures else None,
    )


def _opened(run: Run) -> int:
    return sum(call.how == "reply" for call in run.record.calls("open"))


def _closed(run: Run) -> list[str]:
    """The names of the connections that were closed, and to the end."""
    return [call.service for call in run.record.calls() if call.method == "close" and call.how == "reply"]


def _closing(run: Run) -> tuple[bool, str]:
    """Whether whatever was opened is closed once, and before the block is left; and what was seen."""
    opened, closed, request = _opened(run), _closed(run), run.request(1)
    ends = [call.end or 0.0 for call in run.record.calls() if call.method == "close"]
    unfinished = len(ends) - len(closed)
    in_time = request.how == "departed" or request.end is None or all(end <= request.end for end in ends)
    seen = f"{opened} were opened, {len(closed)} were closed"
    if unfinished:
        seen += f", and {unfinished} closings did not get to their end"
    if not in_time:
        seen += ", after the block was left"
    return len(closed) == opened == len(set(closed)) and not unfinished and in_time, seen


def _ending(run: Run) -> str:
    request = run.request(1)
    return f"came {request.error}" if request.how == "error" else "nothing was raised"


def _explain(run: Run) -> None:
    run.explain(
        when=_opened(run) > 1 and _opened(run) == len(_closed(run)),
        say="Each has a connection of its own. One serves all: keep it, and give it to the next who asks.",
    )
    run.explain(
        when=_opened(run) > 1,
        say="Between the look whether one is open and the moment when it is, there is an `await`: others "
        "look meanwhile, and open too. A lock, or a task that all wait for, keeps it at one.",
    )
    run.explain(
        when=_opened(run) == 1 and not _closed(run),
        say="What was opened is still open. `__aexit__` runs however the block ends: close there, and await.",
    )
