from collections.abc import Generator, Sequence
from asynclab.demo import Clock


def run_loop(coros: Sequence[Generator[float | None, None, None]], clock: Clock) -> None:
    """Run all the generators to their ends: a plain function, an event loop of your own.

    `next(coro)` runs one step. A step that yields None lets the others run: its generator goes
    to the back of the queue. A step that yields a number, greater than 0, wants to go on so
    many seconds later. At first all are ready, in the order of `coros`.

    Those that are ready take turns, first come first served; a step takes no time. Only when
    none is ready, and some sleep, call `clock.sleep` once, with the time until the first of
    them is due. Those due at the same instant become ready in the order in which they went to
    sleep. No generators: return at once. What a generator raises goes to the caller.
    """
    raise NotImplementedError  # replace this line with your answer
