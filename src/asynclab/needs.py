"""The reference answers that a scene brings with it, on the learner's side.

What an exercise needs and does not ask for, the learner's code finds under its name: their own answer
where there is one, and ours where there is nothing yet, or still the stub.
"""

from __future__ import annotations

import dis
import functools
import re
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: So many decorators, such as `asynccontextmanager`, are looked below; two functions may wrap each other.
MAX_DECORATORS = 5


def reference_answers(sources: Mapping[str, str], own: Mapping[str, Any]) -> dict[str, Any]:
    """The function or class that answers each exercise, by the exercise's name, out of its source.

    Exceptions that both the source and the learner's module (`own`) define are the learner's: they stand
    in the set-up cell of the lesson, and who raises one and who catches it must mean the same.

    >>> reference_answers({"one": "def one(): return 1"}, {})["one"]()
    1
    """
    return {exercise: _answer(exercise, source, own) for exercise, source in sources.items()}


def _answer(exercise: str, source: str, own: Mapping[str, Any]) -> Any:
    names: dict[str, Any] = {"__name__": own.get("__name__", "answer")}
    exec(_compiled(exercise, source), names)  # noqa: S102  (the reference answers are ours)
    answer = next(thing for name, thing in reversed(names.items()) if snake_case(name) == exercise)
    shared = {name for name, thing in names.items() if _is_error(thing) and _is_error(own.get(name))}
    names.update({name: own[name] for name in shared})
    return answer


@functools.cache
def _compiled(exercise: str, source: str) -> types.CodeType:
    file = Path(__file__).parent / "reference" / f"{exercise}.py"  # in here, so no line of it is a learner's
    return compile(source, str(file), "exec", dont_inherit=True)


def _is_error(thing: Any) -> bool:
    return issubclass(type(thing), type) and issubclass(thing, BaseException)


def snake_case(name: str) -> str:
    """The exercise that a class or a function of that name answers.

    >>> snake_case("CircuitBreaker"), snake_case("MLPipeline"), snake_case("fetch_all")
    ('circuit_breaker', 'ml_pipeline', 'fetch_all')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@contextmanager
def standing_in(answers: Mapping[str, Any], own: dict[str, Any]) -> Iterator[None]:
    """Inside the block, the module `own` has those of the answers that are missing in it, or stubs."""
    lacking = {
        answer.__name__: answer
        for answer in answers.values()
        if answer.__name__ not in own or is_stub(own[answer.__name__])
    }
    before = {name: own[name] for name in lacking if name in own}
    own.update(lacking)
    try:
        yield
    finally:
        for name, answer in lacking.items():
            if own.get(name) is answer:
                del own[name]
        own.update({name: thing for name, thing in before.items() if name not in own})


def is_stub(thing: Any) -> bool:
    """Whether a function does nothing but raise NotImplementedError, or a method of a class does.

    It looks at types only and calls no method that a learner may have written.
    """
    if issubclass(type(thing), type):
        return any(map(_only_raises, type.__dict__["__dict__"].__get__(thing).values()))
    return _only_raises(thing)


def _only_raises(thing: Any) -> bool:
    if type(thing) is property:
        thing = thing.fget
    elif type(thing) in (staticmethod, classmethod):
        thing = thing.__func__
    for _ in range(MAX_DECORATORS):
        thing = vars(thing).get("__wrapped__", thing) if type(thing) is types.FunctionType else thing
    if type(thing) is not types.FunctionType or thing.__code__.co_names != ("NotImplementedError",):
        return False
    return not any(step.opname.startswith(_GOES_ON) for step in dis.get_instructions(thing.__code__))


#: What a function that only raises has no instruction for.
_GOES_ON = ("RETURN_VALUE", "RETURN_CONST", "YIELD", "POP_JUMP", "JUMP", "STORE", "FOR_ITER")
