"""The choices that a scene is made of: drawn from dice, recorded, and drawn again in a replay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asynclab.seeds import dice_of, seed_of


class Choices:
    """Whole numbers that were drawn, in order. A replay takes what it is given before it draws anew.

    >>> choices = Choices("seed", smallest=True)
    >>> choices.whole(3, 9), choices.whole(0, 100), choices.drawn
    (3, 0, [0, 0])
    """

    def __init__(self, seed: str, replay: Sequence[int] = (), *, smallest: bool = False) -> None:
        self._seed = seed
        self._dice = dice_of(seed)
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

    def in_most(self, what: str) -> bool:
        """True in three of four scenes, by dice of their own; never in the smallest."""
        if len(self.drawn) < len(self._replay):
            chosen = self._replay[len(self.drawn)] > 0
        else:
            chosen = not self._smallest and self.seed(what) % 4 > 0
        self.drawn.append(int(chosen))
        return chosen

    def seed(self, what: str) -> int:
        """A seed for dice of their own, which no other choice changes, and which gives none of them away."""
        return seed_of(self._seed, what)

    def rewind(self, drawn: Sequence[int]) -> None:
        """Go back to where only these had been drawn; what was drawn after them is drawn again."""
        self._replay = list(self.drawn)
        self.drawn = list(drawn)


def smaller(drawn: Sequence[int]) -> Iterator[list[int]]:
    """Simpler choices to try in place of these, the simplest first: each one lowest, halved, one less.

    Then one less of something and a later choice left out: one key less, and not the last of them.
    """
    if any(drawn):
        yield [0] * len(drawn)
    for index, above in enumerate(drawn):
        for less in dict.fromkeys((0, above // 2, above - 1)):
            if 0 <= less < above:
                yield [*drawn[:index], less, *drawn[index + 1 :]]
    for index, above in enumerate(drawn):
        for later in range(index + 1, len(drawn)):
            if above:
                yield [*drawn[:index], above - 1, *drawn[index + 1 : later], *drawn[later + 1 :]]
