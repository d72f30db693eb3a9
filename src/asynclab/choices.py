"""The choices that a scene is made of: drawn from dice, recorded, and drawn again in a replay."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence


class Choices:
    """Whole numbers that were drawn, in order. A replay takes what it is given before it draws anew.

    >>> choices = Choices("seed", smallest=True)
    >>> choices.whole(3, 9), choices.whole(0, 100), choices.drawn
    (3, 0, [0, 0])
    """

    def __init__(self, seed: str, replay: Sequence[int] = (), *, smallest: bool = False) -> None:
        self._seed = seed
        self._dice = random.Random(seed)
        self._replay = list(replay)
        self._smallest = smallest
        self.drawn: list[int] = []  # each as its distance from the lowest it could be

    def whole(self, low: int, high: int) -> int:
        """A number from low to high."""
        if len(self.drawn) < len(self._replay):
            above = min(self._replay[len(self.drawn)], high - low)
        else:
            above = 0 if self._smallest else self._dice.randint(0, high - low)
        self.drawn.append(above)
        return low + above

    def seed(self, what: str) -> int:
        """A seed for dice of their own, which no other choice changes."""
        return random.Random(f"{self._seed}/{what}").getrandbits(32)

    def rewind(self, drawn: Sequence[int]) -> None:
        """Go back to where only these had been drawn; what was drawn after them is drawn again."""
        self._replay = list(self.drawn)
        self.drawn = list(drawn)


def smaller(drawn: Sequence[int]) -> Iterator[list[int]]:
    """Simpler choices to try in place of these, the simplest first: each one lowest, halved, one less."""
    if any(drawn):
        yield [0] * len(drawn)
    for index, above in enumerate(drawn):
        for less in dict.fromkeys((0, above // 2, above - 1)):
            if 0 <= less < above:
                yield [*drawn[:index], less, *drawn[index + 1 :]]
