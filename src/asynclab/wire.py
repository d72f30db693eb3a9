"""The judge's end of a link: a world answers a learner's process, line by line, over one socket.

Each line is JSON: a job goes out first; then a batch of operations comes in, and the answer to it goes
out, until the run is over. Whatever comes in, or does not come, `serve` is back in time.
"""

from __future__ import annotations

import json
import math
import socket
import time
from collections.abc import Sequence
from typing import Any, Literal, NoReturn, Protocol

#: No batch of an honest run comes near: 100,000 calls at one instant take so many bytes.
MAX_LINE = 4 * 2**20

#: Bytes read at once.
_CHUNK = 2**18


class LinkError(Exception):
    """The other end cannot be talked to any more; `why` and the text are those of `record.Stopped`."""

    def __init__(self, why: Literal["protocol", "wall"], text: str) -> None:
        super().__init__(text)
        self.why = why


class Handler(Protocol):
    """A world, as far as it is talked to."""

    @property
    def over(self) -> str | None:
        """Why nothing is answered any more."""

    def handle(self, operations: Sequence[Sequence[Any]]) -> list[Any]:
        """Do the operations; the answer to them."""


class Wire:
    """JSON lines over a socket whose other end is not trusted.

    Times are those of `time.monotonic`: each is when the whole run must be over, so that nobody can stay
    by sending a byte now and then.
    """

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._received = bytearray()
        self._searched = 0  # so many bytes have no end of line in them

    def send(self, value: Any, until: float) -> None:
        """
        Raises: LinkError: when it is not taken before `until`.
        """
        line = _to_json(value).encode() + b"\n"
        try:
            self._link.settimeout(_left(until))
            self._link.sendall(line)
        except TimeoutError:
            raise _late() from None
        except OSError:
            raise _gone() from None

    def receive(self, until: float) -> Any:
        """
        Raises: LinkError: when no line of strict JSON comes before `until`.
        """
        while (end := self._received.find(b"\n", self._searched)) < 0:
            self._searched = len(self._received)
            if self._searched > MAX_LINE:
                break
            self._received += self._read(until)
        if end < 0 or end > MAX_LINE:
            raise LinkError("protocol", f"it sent a line of more than {MAX_LINE:,} bytes")
        line = self._received[:end]
        del self._received[: end + 1]
        self._searched = 0
        return _from_json(line)

    def _read(self, until: float) -> bytes:
        try:
            self._link.settimeout(_left(until))
            data = self._link.recv(_CHUNK)
        except TimeoutError:
            raise _late() from None
        except OSError:
            raise _gone() from None
        if not data:
            raise _gone()
        return data

    @property
    def is_silent(self) -> bool:
        """Whether nothing has come that was not yet received."""
        return not self._received


def serve(world: Handler, wire: Wire, job: Any, until: float) -> None:
    """Give the job to the other end, and answer for the world until the run is over.

    Raises: LinkError: at `until` (of `time.monotonic`) at the latest.
    """
    wire.send(job, until)
    while world.over is None:
        wire.send(world.handle(wire.receive(until)), until)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise _late()
    return left


def _late() -> LinkError:
    return LinkError("wall", "it took too long in real time")


def _gone() -> LinkError:
    return LinkError("protocol", "it left in the middle of a run")


def _to_json(value: Any) -> str:
    return _ENCODER.encode(value)


def _from_json(line: bytearray) -> Any:
    """
    >>> _from_json(bytearray(b'[["idle", NaN]]'))
    Traceback (most recent call last):
        ...
    asynclab.wire.LinkError: it sent what is no JSON: NaN is no number
    """
    try:
        return _DECODER.decode(line.decode())
    except RecursionError:
        raise LinkError("protocol", "it sent what is no JSON: it is nested too deeply") from None
    except ValueError as error:
        raise LinkError("protocol", f"it sent what is no JSON: {error}") from None


def _refuse(number: str) -> NoReturn:
    raise ValueError(f"{number} is no number")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        _refuse(number[:40])
    return value


_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)
_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
