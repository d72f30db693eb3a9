# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # A mini inference service
#
# {{totals}}.

# %% setup
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

# %% setup
#: Works on a list of rows and gives as many results, in the same order: ``results = await device(rows)``.
Device = Callable[[list[Any]], Awaitable[list[Any]]]


class Model(Protocol):
    """What `load` gives. Its methods are plain functions."""

    def warm_up(self) -> None:
        """Takes a while, and blocks the thread that calls it."""

    def free(self) -> None:
        """Gives its memory back, at once. Nobody may use the model from then on."""


@dataclass
class PendingRow:
    """A row that waits for the device."""

    row: Any
    deadline: float  # seconds on the clock that `take` is given as `now`
    future: asyncio.Future[Any]


class Drainable(Protocol):
    """A service that can be brought to its end. None of its plain methods takes any time."""

    def set_ready(self, ready: bool) -> None:
        """What /readyz says: with False, the load balancer sends nothing more after a while."""

    def refuse_new(self) -> None:
        """From now on new work gets 503."""

    def flush(self) -> None:
        """Send the rows that wait for a batch to fill to the device as soon as it is free."""

    def pending(self) -> int:
        """How many requests were accepted and are not answered."""

    async def wait_answered(self) -> None:
        """Wait until `pending()` is 0; with a device that hangs, for ever."""

    async def wait_disconnected(self) -> None:
        """Wait until every client has closed its connection; idle ones keep theirs open for hours."""

    async def close(self) -> None:
        """Close all connections; requests that are still pending get a ConnectionError."""


# %% [markdown]
# ## 1. A service that never starts

# %% [markdown]
# ## 2. One row or many

# %% [markdown]
# ## 3. The model in its own thread

# %% [markdown]
# ## 4. Full

# %% [markdown]
# ## 5. Clients who left

# %% [markdown]
# ## 6. One bad row

# %% [markdown]
# ## 7. Versions

# %% [markdown]
# ## 8. Alive, ready, well

# %% [markdown]
# ## 9. The end

# %% [markdown]
# ## 10. What you have built already

# %% [markdown]
# ## 11. Run it

# %% [markdown]
# ## 12. A day of it

# %% [markdown]
# ## Reflection

# %% [markdown]
# ## In production

# %% [markdown]
# ## Key points
