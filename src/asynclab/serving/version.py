"""A version of the model that is served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Version:
    """A model and its name, for the registry to warm up and to free."""

    name: str
    model: Any  # has `predict(rows) -> results`, `warm_up()` and `free()`; all three block

    def warm_up(self) -> None:
        self.model.warm_up()

    def free(self) -> None:
        self.model.free()


def predict(rows: list[tuple[Version, Any]]) -> list[Any]:
    """What the model's thread does. Each row names its version; those of one call are of one.

    Raises: RuntimeError: if the model does not give one result for each row.
    """
    results = list(rows[0][0].model.predict([row for _, row in rows]))
    if len(results) != len(rows):
        raise RuntimeError(f"the model gave {len(results)} results for {len(rows)} rows")
    return results
