"""What may cross between a learner's code and the world, and what is refused by name."""

import asyncio
import json
import math
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asynclab.link import (
    BUILTIN_ERRORS,
    MAX_BITS,
    MAX_DEPTH,
    MAX_SIZE,
    Uncrossable,
    decode,
    describe,
    encode,
    error_from,
)
from asynclab.references import ServiceClient
from asynclab.world import World

steady = settings(deadline=None, derandomize=True)

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text() | st.sampled_from(["$service", "$dict", "$", ""])
keys = texts | st.integers() | st.booleans() | st.none() | st.tuples(st.integers(), texts)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


@steady
@given(values)
def test_a_json_value_comes_out_as_it_went_in(value):
    assert decode(json.loads(json.dumps(encode(value)))) == value


@steady
@given(values)
def test_what_is_encoded_is_a_copy(value):
    encoded = encode([value])

    assert encoded[0] is not value or not isinstance(value, list | dict)


@steady
@given(values)
def test_encoding_never_makes_a_reference_out_of_a_learners_dict(value):
    def refuse(reference):
        raise AssertionError(f"{reference} was taken for a service")

    assert decode(encode(value), refuse) == value


def test_a_tuple_arrives_as_a_list():
    assert encode((1, (2, 3))) == [1, [2, 3]]


def test_a_tuple_as_a_key_of_a_dict_stays_one():
    assert decode(encode({("user", 1): 0.5})) == {("user", 1): 0.5}


def test_the_empty_dict_the_empty_text_and_zero_cross():
    assert encode([{}, "", 0, 0.0, False, None]) == [{}, "", 0, 0.0, False, None]


def test_true_is_not_one():
    assert [type(item) for item in encode([True, 1, 1.0])] == [bool, int, float]


# -- what is refused, and in which words


async def coroutine_function():
    """Something to make a coroutine of."""


async def async_generator_function():
    yield 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (math.nan, "nan, which is no number one can compare with"),
        (math.inf, "inf, which is no number one can compare with"),
        ({1, 2}, "a value of type `set`"),
        (b"bytes", "a value of type `bytes`"),
        (1j, "a value of type `complex`"),
        (object(), "a value of type `object`"),
        (range(3), "a value of type `range`"),
        (SimpleNamespace(a=1), "a value of type `SimpleNamespace`"),
        (print, "a value of type `builtin_function_or_method`"),
        (coroutine_function, "the function `coroutine_function` itself"),
        (int, "the type `int` itself"),
        (async_generator_function(), "an async generator (`async_generator_function`)"),
        ((item for item in [1]), "a generator (`<genexpr>`)"),
        (1 << MAX_BITS, "a whole number of 10,001 bits; at most 10,000 can be written down"),
        (-(1 << MAX_BITS), "a whole number of 10,001 bits; at most 10,000 can be written down"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
@pytest.mark.parametrize("wrapped", [lambda it: it, lambda it: [it], lambda it: {"key": [it]}])
def test_what_is_no_json_value_is_refused_by_what_it_is(value, words, wrapped):
    with pytest.raises(Uncrossable) as refused:
        encode(wrapped(value))

    assert str(refused.value) == words


def test_a_coroutine_is_refused_by_its_name():
    coroutine = coroutine_function()

    with pytest.raises(Uncrossable, match=r"^a coroutine \(`coroutine_function`\)$"):
        encode([coroutine])
    coroutine.close()


def test_a_task_and_a_future_are_refused_as_what_they_are():
    async def main():
        task = asyncio.ensure_future(asyncio.sleep(0))
        future = asyncio.get_running_loop().create_future()
        await task
        return describe(task), describe(future)

    assert asyncio.run(main()) == ("a task, not its result", "a future, not its result")


def test_nothing_is_called_none_not_by_its_type():
    assert describe(None) == "None"


def test_the_largest_number_that_can_be_written_down_crosses():
    assert json.loads(json.dumps(encode((1 << MAX_BITS) - 1))) == (1 << MAX_BITS) - 1


# -- values without end


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


def test_deep_nesting_is_refused_and_the_deepest_allowed_crosses():
    assert encode(nested(MAX_DEPTH)) == nested(MAX_DEPTH)
    with pytest.raises(Uncrossable, match="a value nested more than 50 levels deep"):
        encode(nested(MAX_DEPTH + 2))


def test_a_list_that_holds_itself_is_refused():
    loop = []
    loop.append(loop)

    with pytest.raises(Uncrossable, match="nested more than"):
        encode(loop)


def test_a_dict_that_holds_itself_is_refused():
    loop = {}
    loop["self"] = loop

    with pytest.raises(Uncrossable, match="nested more than"):
        encode(loop)


@pytest.mark.parametrize(
    "huge",
    [[0] * (MAX_SIZE + 1), "x" * (MAX_SIZE + 1), ["x" * 1000] * 1001],
    ids=["long list", "long text", "many texts"],
)
def test_a_value_of_too_many_parts_is_refused(huge):
    with pytest.raises(Uncrossable, match="more than 250,000 values and characters"):
        encode(huge)


def test_a_small_value_that_unfolds_without_end_is_refused():
    folded = [1]
    for _ in range(45):  # 2 to the 45th ones
        folded = [folded, folded]

    with pytest.raises(Uncrossable, match="more than 250,000 values"):
        encode(folded)


# -- hostile subclasses


class Trap:
    """Every method that a careless reader would call ends the test."""

    def spring(self, *args, **options):
        raise AssertionError("the value's own method was called")

    __iter__ = __len__ = __getitem__ = __str__ = __repr__ = __eq__ = __int__ = __float__ = spring
    __format__ = __bool__ = __index__ = keys = items = values = bit_length = reference = spring
    __hash__ = object.__hash__


class TrapStr(Trap, str):
    pass


class TrapInt(Trap, int):
    pass


class TrapFloat(Trap, float):
    pass


class TrapList(Trap, list):
    pass


class TrapTuple(Trap, tuple):
    __slots__ = ()


class TrapDict(Trap, dict):
    pass


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (TrapStr("text"), "text"),
        (TrapInt(7), 7),
        (TrapFloat(0.5), 0.5),
        (TrapList([1, 2]), [1, 2]),
        (TrapTuple((1, 2)), [1, 2]),
        (TrapDict(a=1), {"a": 1}),
        ({TrapStr("a"): TrapList([TrapInt(1)])}, {"a": [1]}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_subclass_crosses_as_the_plain_value_under_it(value, plain):
    encoded = encode(value)

    assert encoded == plain
    assert type(encoded) is type(plain)


def test_a_nan_hidden_in_a_subclass_is_refused():
    with pytest.raises(Uncrossable, match="nan"):
        encode(TrapFloat("nan"))


def test_a_liar_about_its_class_is_refused_as_what_it_is():
    class Liar:
        __class__ = str

    with pytest.raises(Uncrossable, match="a value of type `Liar`"):
        encode(Liar())


def test_an_object_with_a_method_named_reference_is_no_service():
    class Impostor:
        def reference(self):
            return {"$service": "store"}

    with pytest.raises(Uncrossable, match="a value of type `Impostor`"):
        encode(Impostor())


# -- services


def test_a_service_crosses_as_its_name_and_methods():
    store = World().service("store", methods={"get": ["key"], "put": ["key", "value"]})

    assert encode([store]) == [
        {
            "$service": "store",
            "methods": {"get": ["key"], "put": ["key", "value"]},
            "form": "await",
            "source": False,
        }
    ]


def test_a_service_arrives_as_an_object_with_methods():
    client = decode(encode(World().service("store")), ServiceClient)

    assert repr(client) == "<service store>"
    assert encode(client) == encode(World().service("store"))


def test_a_learners_dict_that_looks_like_a_service_stays_a_dict():
    forged = {"$service": "store", "methods": {}}

    assert decode(encode(forged), ServiceClient) == forged


# -- errors


@pytest.mark.parametrize("name", BUILTIN_ERRORS)
def test_an_error_arrives_as_the_builtin_it_is_named_after(name):
    error = error_from(name, "why")

    assert (type(error).__name__, error.args) == (name, ("why",))


@pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "MadeUp", "", "__import__"])
def test_any_other_name_arrives_as_a_runtime_error(name):
    assert type(error_from(name, "why")) is RuntimeError
