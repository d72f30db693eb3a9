"""What references become on the learner's side: services, functions, and the learner's own objects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn

from asynclab.lanes import clock_of_this_thread
from asynclab.link import CALLABLE, OBJECT, SERVICE, Reference, Uncrossable, encode
from asynclab.loop import VirtualLoop
from asynclab.scheduler import Lane

#: The method of a service that is called as a function: ``await device(rows)``.
CALL = "__call__"


class References:
    """Makes an object of each reference that arrives; keeps the learner's objects by their numbers."""

    def __init__(self) -> None:
        self.objects: dict[int, Any] = {}

    def __call__(self, reference: dict[str, Any]) -> Any:
        if OBJECT in reference:
            return self.objects[reference[OBJECT]]
        if CALLABLE in reference:
            return bound_method(reference[CALLABLE], reference["method"], reference["args"])
        if list(reference["methods"]) == [CALL]:
            return bound_method(reference, CALL, [])
        return ServiceClient(reference)


class ServiceClient(Reference):
    """The learner's side of a service: one method for each method of the service.

    They are coroutine functions, or plain ones when the service has a blocking form. A source can be
    read with `async for` too, or with `for` when it has a blocking form.
    """

    def __init__(self, reference: dict[str, Any]) -> None:
        self._reference = reference
        for method in reference["methods"]:
            setattr(self, method, bound_method(reference, method, []))

    def __repr__(self) -> str:
        return f"<service {self._reference[SERVICE]}>"

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        methods = self._reference["methods"].items()
        offered = ", ".join(f"`{method}({', '.join(parameters)})`" for method, parameters in methods)
        raise AttributeError(f"{self._reference[SERVICE]} has no method `{name}`; it has {offered}")

    def __reduce__(self) -> tuple[Any, ...]:
        return ServiceClient, (self._reference,)

    def __aiter__(self) -> ServiceClient:
        if not self._reference.get("source") or self._reference["form"] != "await":
            raise TypeError(f"{self._reference[SERVICE]} cannot be read with `async for`")
        return self

    async def __anext__(self) -> Any:
        return await _request(self._reference, next(iter(self._reference["methods"])), [])

    def __iter__(self) -> ServiceClient:
        if not self._reference.get("source") or self._reference["form"] == "await":
            raise TypeError(f"{self._reference[SERVICE]} cannot be read with `for`")
        return self

    def __next__(self) -> Any:
        try:
            return bound_method(self._reference, next(iter(self._reference["methods"])), [])()
        except StopAsyncIteration:
            raise StopIteration from None

    def reference(self) -> dict[str, Any]:
        """What crosses the link in place of the service."""
        return self._reference


def bound_method(reference: dict[str, Any], method: str, given: list[Any]) -> Callable[..., Any]:
    """A method of a service as a function; `given` are its first arguments."""
    if reference["form"] != "await":
        return BlockingMethod(reference, method, given)

    async def call(*args: Any, **named: Any) -> Any:
        return await _request(reference, method, _bind(reference, method, given, args, named))

    call.__name__ = reference[SERVICE] if method == CALL else method
    call.__qualname__ = _shown(reference, method)
    return call


class BlockingMethod:
    """A method that holds the calling thread until the answer is there. It can be sent to a process."""

    def __init__(self, reference: dict[str, Any], method: str, given: list[Any]) -> None:
        self._reference = reference
        self._method = method
        self._given = given
        self.__name__ = reference[SERVICE] if method == CALL else method
        self.__qualname__ = _shown(reference, method)

    def __repr__(self) -> str:
        return f"<function {self.__qualname__}>"

    def __call__(self, *args: Any, **named: Any) -> Any:
        lane = clock_of_this_thread()
        if not isinstance(lane, Lane):
            raise RuntimeError(
                f"`{self.__qualname__}` was called in a thread that is not on the world's clock"
            )
        bound = _bind(self._reference, self._method, self._given, args, named)
        sent = _sent(self._reference, self._method, bound)
        return lane.ask(self._reference[SERVICE], self._method, sent)

    def __reduce__(self) -> tuple[Any, ...]:
        return BlockingMethod, (self._reference, self._method, self._given)


async def _request(reference: dict[str, Any], method: str, args: list[Any]) -> Any:
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        raise RuntimeError(
            f"{reference[SERVICE]} lives on the world's clock, and this event loop does not: "
            "await it in the loop that called you"
        )
    return await loop.request(reference[SERVICE], method, _sent(reference, method, args))


def _sent(reference: dict[str, Any], method: str, args: list[Any]) -> list[Any]:
    try:
        return [encode(arg) for arg in args]
    except Uncrossable as refused:
        raise TypeError(f"`{_shown(reference, method)}` was given {refused}") from None


def _bind(
    reference: dict[str, Any], method: str, given: list[Any], args: tuple[Any, ...], named: dict[str, Any]
) -> list[Any]:
    """The arguments in the order of the parameters; like Python, a TypeError names what is wrong."""
    parameters = reference["methods"][method]
    if not named and len(given) + len(args) == len(parameters):  # as nearly always
        return [*given, *args]
    values = dict(zip(parameters, [*given, *args], strict=False)) | named
    if len(given) + len(args) + len(named) != len(parameters) or set(values) != set(parameters):
        said = [repr(arg) for arg in args] + [f"{name}={value!r}" for name, value in named.items()]
        wanted = ", ".join(parameters[len(given) :])
        raise TypeError(f"`{_shown(reference, method)}({wanted})` was called as ({', '.join(said)})")
    return [values[parameter] for parameter in parameters]


def _shown(reference: dict[str, Any], method: str) -> str:
    """How a method is written in a sentence: ``store.get``, or ``device`` for one that is called."""
    return reference[SERVICE] if method == CALL else f"{reference[SERVICE]}.{method}"
