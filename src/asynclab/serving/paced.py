"""A small model at the pace of a large one, and a device that can fail on demand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asynclab.serving.sleeping_model import SleepingModel

#: Whose pace it is, half that of the lesson's simulated device: clients, server and browser share a machine.
LARGE = SleepingModel(fixed=0.020, per_row=0.0025)

#: The first number of a row that passes validation, and on which the model fails.
POISON = 666.25


@dataclass
class Faults:
    """What is wrong with the device at this moment; all models on it share that."""

    outage: bool = False


class PacedModel:
    """Gives what `model` gives, but takes 20 ms and 2.5 ms for each row: 320 rows a second at 32 in a batch.

    The rest of the time it sleeps, as a thread does that waits for a GPU, so the loop beside it has the
    core. During an outage it raises RuntimeError; a poisoned row makes it raise ValueError.
    """

    def __init__(self, model: Any, faults: Faults) -> None:
        self._model, self._faults = model, faults

    def predict(self, rows: list[Any]) -> list[Any]:
        began = time.monotonic()
        if self._faults.outage:
            raise RuntimeError("the device has gone")
        if any(row[0] == POISON for row in rows):
            results = ValueError("no number of the model survives this row")
        else:
            results = self._model.predict(rows)
        time.sleep(max(0.0, LARGE.fixed + LARGE.per_row * len(rows) - (time.monotonic() - began)))
        if isinstance(results, ValueError):
            raise results
        return results

    def warm_up(self) -> None:
        self._model.warm_up()

    def free(self) -> None:
        self._model.free()


def paced(load: Callable[[str], Any], faults: Faults) -> Callable[[str], PacedModel]:
    """`load`, whose models are at that pace."""
    return lambda version: PacedModel(load(version), faults)
