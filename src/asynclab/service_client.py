"""The learner's side of a service: an object whose methods are coroutine functions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from asynclab.link import SERVICE, Reference, Uncrossable, encode
from asynclab.loop import VirtualLoop


class ServiceClient(Reference):
    """The learner's side of a service: one coroutine method for each method of the service."""

    def __init__(self, reference: dict[str, Any]) -> None:
        self._name = reference[SERVICE]
        self._methods = reference["methods"]
        for method, parameters in self._methods.items():
            setattr(self, method, _client_method(self._name, method, parameters))

    def __repr__(self) -> str:
        return f"<service {self._name}>"

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        offered = ", ".join(f"`{method}({', '.join(of)})`" for method, of in self._methods.items())
        raise AttributeError(f"{self._name} has no method `{name}`; it has {offered}")

    def reference(self) -> dict[str, Any]:
        return {SERVICE: self._name, "methods": self._methods}


def _client_method(
    service: str, method: str, parameters: list[str]
) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def call(*args: Any, **named: Any) -> Any:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, VirtualLoop):
            raise RuntimeError(f"{service} lives in another event loop: await it in the loop that called you")
        values = _bind(call, parameters, args, named)
        return await loop.request(service, method, [_plain(call, value) for value in values])

    call.__name__, call.__qualname__ = method, f"{service}.{method}"
    return call


def _bind(call: Any, parameters: list[str], args: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
    """The arguments in the order of the parameters; like Python, a TypeError names what is wrong."""
    values = dict(zip(parameters, args, strict=False)) | named
    if len(args) + len(named) != len(parameters) or set(values) != set(parameters):
        given = ", ".join(
            [repr(arg) for arg in args] + [f"{name}={value!r}" for name, value in named.items()]
        )
        raise TypeError(f"`{call.__qualname__}({', '.join(parameters)})` was called as ({given})")
    return [values[parameter] for parameter in parameters]


def _plain(call: Any, value: Any) -> Any:
    try:
        return encode(value)
    except Uncrossable as refused:
        raise TypeError(f"`{call.__qualname__}` was given {refused}") from None
