"""The clients of a world: when they come, how long they wait, and what they saw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from asynclab.clients import Invocation, Made, Totals
from asynclab.computer import Computer
from asynclab.link import encode
from asynclab.proceedings import MAX_TEXT, Proceedings, Timer
from asynclab.protocol import ProtocolError, readable, shown
from asynclab.record import seconds
from asynclab.seeds import dice_of
from asynclab.service import Dice, to_ns


class Arrivals:
    """Lets clients come, and measures them."""

    def __init__(self, run: Proceedings, computer: Computer, seed: int) -> None:
        self.totals = Totals()
        self._run = run
        self._computer = computer
        self._seed = seed
        self._planned: list[Invocation] = []
        self._arrivals: list[Iterator[Invocation]] = []
        self._open: dict[int, Invocation] = {}
        self._departures: dict[int, Timer] = {}
        self._arrived = 0
        self._expected = 0  # arrivals that are still to come
        self._drain: int | None = None
        self._driven = False

    @property
    def are_expected(self) -> bool:
        """Whether any client has been planned."""
        return bool(self._planned or self._arrivals or self._expected)

    # -- the scene

    def plan(
        self, at: float, target: Made | None, method: str, args: tuple[Any, ...], patience: float | None
    ) -> Invocation:
        """One client, at this time (s)."""
        invocation = self._invocation(target, method, args, at, patience)
        self._planned.append(invocation)
        return invocation

    def open_loop(
        self,
        target: Made | None,
        method: str,
        arrivals: Iterable[float],
        args: Callable[[int], tuple[Any, ...]] = lambda number: (),
        *,
        patience: float | None = None,
    ) -> None:
        """Clients who arrive at these times (s, not falling), whatever happens to those before them."""

        def clients() -> Iterator[Invocation]:
            for number, at in enumerate(arrivals):
                yield self._invocation(target, method, args(number), at, patience)

        self._arrivals.append(clients())

    def closed_loop(
        self,
        target: Made | None,
        method: str,
        clients: int,
        requests: int,
        args: Callable[[int], tuple[Any, ...]] = lambda number: (),
        *,
        think: Callable[[Dice], float] = lambda dice: 0.0,
        patience: float | None = None,
    ) -> None:
        """`clients` clients who make `requests` requests each, and think between two of them.

        Each thinks before its first request as well, so that they do not all begin at once.
        """
        for client in range(clients):
            dice = dice_of(self._seed, "client", client)
            self._next_request(target, method, args, think, patience, client, requests, dice)

    def _next_request(
        self,
        target: Made | None,
        method: str,
        args: Callable[[int], tuple[Any, ...]],
        think: Callable[[Dice], float],
        patience: float | None,
        client: int,
        left: int,
        dice: Dice,
    ) -> None:
        if left == 0:
            return

        def then(_: Invocation) -> None:
            self._next_request(target, method, args, think, patience, client, left - 1, dice)

        self._expected += 1
        when = self._run.now + to_ns(think(dice))
        self._run.at(
            when, self._arrive, self._invocation(target, method, args(client), seconds(when), patience, then)
        )

    # -- the run

    def _invocation(
        self,
        target: Made | None,
        method: str,
        args: tuple[Any, ...],
        at: float,
        patience: float | None,
        then: Callable[[Invocation], None] | None = None,
    ) -> Invocation:
        return Invocation(0, target, method, args, at, patience, then)

    def on_drive(self, id: int) -> None:
        """The learner's objects are there: the clients may come. Completed when the last one has gone."""
        self._run.take_id(id)
        self._computer.check_lane(0)
        if self._driven:
            raise ProtocolError("the clients have been called before")
        self._driven = True
        self._drain = id
        for invocation in sorted(self._planned, key=lambda one: one.at):
            self._expected += 1
            self._run.at(max(self._run.now, to_ns(invocation.at)), self._arrive, invocation)
        for clients in self._arrivals:
            self._expect_next(clients)
        self._drained()

    def _expect_next(self, clients: Iterator[Invocation]) -> None:
        invocation = next(clients, None)
        if invocation is not None:
            self._expected += 1
            self._run.at(
                max(self._run.now, to_ns(invocation.at)), self._arrive_and_expect, (invocation, clients)
            )

    def _arrive_and_expect(self, both: tuple[Invocation, Iterator[Invocation]]) -> None:
        self._arrive(both[0])
        self._expect_next(both[1])

    def _arrive(self, invocation: Invocation) -> None:
        self._expected -= 1
        self._arrived += 1
        invocation.id = self._arrived
        invocation.at = seconds(self._run.now)
        self._open[invocation.id] = invocation
        target = 0 if invocation.target is None else invocation.target.number
        args = encode(list(invocation.args))
        self._run.log("arrive", invocation.id, target, invocation.method, args)
        self._run.done.append([-invocation.id, "invoke", target, invocation.method, args])
        if invocation.patience is not None:
            self._departures[invocation.id] = self._run.at(
                self._run.now + to_ns(invocation.patience), self._depart, invocation.id
            )

    def _depart(self, id: int) -> None:
        self._close_invocation(id, "departed", None, "")
        self._run.log("depart", id)
        self._run.done.append([-id, "depart"])

    def on_answer(self, id: int, how: str, value: Any, error: str = "") -> None:
        self._computer.check_lane(0)
        if how not in ("reply", "error"):
            raise ProtocolError(f"an answer is a reply or an error, not {shown(how)}")
        if how == "error":
            if type(value) is not str:
                raise ProtocolError(f"{shown(value)} is no text of an error")
            value, error = readable(value, MAX_TEXT), readable(error, MAX_TEXT)
        if id not in self._open:
            if 0 < id <= self._arrived:
                return  # the client has left already
            raise ProtocolError(f"no client has asked for {shown(id)}")
        self._close_invocation(id, how, value, error)
        self._run.log("answer", id, how, value, error)

    def _close_invocation(self, id: int, how: str, value: Any, error: str) -> None:
        invocation = self._open.pop(id)
        invocation.end, invocation.how, invocation.value, invocation.error = (
            seconds(self._run.now),
            how,
            value,
            error,
        )
        self.totals.add(invocation)
        timer = self._departures.pop(id, None)
        if timer is not None:
            timer[2] = None
        if invocation.then is not None:
            invocation.then(invocation)
        self._drained()

    def _drained(self) -> None:
        if self._drain is not None and not self._open and not self._expected:
            self._run.done.append([self._drain, "reply", None])
            self._drain = None
