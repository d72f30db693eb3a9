"""Models that are loaded, used and freed: the scene of the registry of 05, and what was seen in it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asynclab.clients import Invocation, Made
from asynclab.measure import TIME_TOLERANCE
from asynclab.observed import Run
from asynclab.record import Call
from asynclab.service import Latency, Service
from asynclab.trial import Trial

#: So often a version is loaded at most by a right answer; others get the last model again.
COPIES = 6


@dataclass(frozen=True)
class Times:
    """Seconds that it takes to load a model, and to warm it up."""

    load: float
    warm_up: float

    @property
    def both(self) -> float:
        return self.load + self.warm_up


class Scene:
    """A registry, the models that `load` gives, each of which is another service, and clients."""

    def __init__(
        self,
        trial: Trial,
        times: Times,
        *,
        slow: Mapping[str, float] | None = None,
        fails: Sequence[int] = (),
    ) -> None:
        """`slow` versions take so many seconds to load; of v2's loads those with these numbers fail."""
        self._trial = trial
        models = {version: self._models(version, times) for version in ("v1", "v2", "v3")}

        def fail(version: str, attempt: int) -> Exception | None:
            if version not in models:
                return KeyError(f"there is no {version}")
            return OSError("the disk is gone") if version == "v2" and attempt in fails else None

        def seconds(dice: object, version: str) -> float:
            return (slow or {}).get(version, times.load)

        latency: Latency = seconds
        self.load = trial.function(
            "load",
            "version",
            latency=latency,
            form="sleep",
            reply=lambda dice, version: next(models[version]),
            fail=fail,
        )
        self.registry: Made = trial.make("ModelRegistry", self.load)

    def _models(self, version: str, times: Times) -> Iterator[Service]:
        made = [
            self._trial.service(
                f"{version} (load {number})",
                methods={"warm_up": [], "predict": ["who"], "free": []},
                latency=lambda dice, *args: times.warm_up,
                form="sleep",
                instant=("predict", "free"),
            )
            for number in range(1, COPIES + 1)
        ]
        yield from made
        while True:
            yield made[-1]

    def promote(self, at: float, version: str, patience: float | None = None) -> Invocation:
        return self._trial.at(at, self.registry, "promote", version, patience=patience)

    def rollback(self, at: float) -> Invocation:
        return self._trial.at(at, self.registry, "rollback")

    def use(
        self,
        at: float,
        who: str,
        version: str | None,
        seconds: float,
        patience: float | None = None,
        **more: Any,
    ) -> Invocation:
        """Somebody leases a model for so many seconds; see the fixture `use_model`."""
        return self._trial.at(
            at, None, "use_model", self.registry, who, version, seconds, patience=patience, **more
        )

    def drive(self, until: float) -> Run:
        self._trial.at(until, None, "ping")
        return self._trial.drive("ModelRegistry")


# -- what was seen


def version_of(model: str) -> str:
    """``"v1"`` of the service ``"v1 (load 2)"``."""
    return model.partition(" ")[0]


def models_used(run: Run) -> dict[str, list[Call]]:
    """What was called of each model that `load` gave."""
    calls: dict[str, list[Call]] = {}
    for call in run.record.calls():
        if call.service != "load":
            calls.setdefault(call.service, []).append(call)
    return calls


def versions_loaded(run: Run) -> list[Any]:
    """The versions that `load` was called with."""
    return [call.args[0] for call in run.record.calls("load")]


def versions_freed(run: Run) -> list[tuple[str, float]]:
    """The versions that were freed, and when."""
    return [(version_of(call.service), call.start) for call in run.record.calls() if call.method == "free"]


def used_too_early(calls: Sequence[Call]) -> Call | None:
    """The first use of a model that was not warmed up."""
    warm = min((call.end or math.inf for call in calls if call.method == "warm_up"), default=math.inf)
    return next((call for call in calls if call.method == "predict" and call.start < warm), None)


def used_too_late(calls: Sequence[Call]) -> Call | None:
    """The first use of a model that was freed; to be warming up is to be in use."""
    freed = next((call.start for call in calls if call.method == "free"), math.inf)
    for call in calls:
        over = call.start if call.end is None else call.end
        if call.method != "free" and over > freed + TIME_TOLERANCE:
            return call
    return None


def first_uses(run: Run) -> dict[str, tuple[str, float]]:
    """For each user the version they were given first, and when."""
    begun: dict[str, tuple[str, float]] = {}
    for call in run.record.calls():
        if call.method == "predict":
            begun.setdefault(call.args[0], (version_of(call.service), call.start))
    return begun
