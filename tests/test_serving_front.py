"""The service on a real port: what clients and models do wrong has its status, and hurts no other."""

import asyncio
import json

import pytest
from served import BREAKS, HANGS, IS_NAN, IS_SHORT, PATH, PATIENT, POISON, WIDTH, response, served, until

from asynclab.serving.front import Limits
from asynclab.serving.settings import Settings

SIZE = 3000  # bytes that a body may have in these tests: more than Python can nest

MALFORMED = {
    "no JSON": "{",
    "nothing": "",
    "no text": b"\xff\xfe\xfd",
    "a number": "5",
    "null": "null",
    "a list": "[1, 2, 3]",
    "another name": '{"rows": [1, 2, 3]}',
    "no list": '{"row": "abc"}',
    "an object": '{"row": {"0": 1}}',
    "empty": '{"row": []}',
    "too short": '{"row": [1, 2]}',
    "too long": '{"row": [1, 2, 3, 4]}',
    "ragged": '{"row": [1, [2], 3]}',
    "text in it": '{"row": [1, "2", 3]}',
    "true in it": '{"row": [1, true, 3]}',
    "null in it": '{"row": [1, null, 3]}',
    "NaN": '{"row": [1, NaN, 3]}',
    "infinity": '{"row": [1, Infinity, 3]}',
    "beyond floats": '{"row": [1, 1e999, 3]}',
    "beyond any float": '{"row": [1, 1%s, 3]}' % ("0" * 400),
    "beyond single precision": '{"row": [1, -1e300, 3]}',
    "deep": "[" * (SIZE - 1),
}


def run(scenario, **options):
    """The scenario with a service of its own."""

    async def main():
        async with served(**options) as here:
            return await scenario(here)

    return asyncio.run(main())


def test_a_row_gets_its_result_and_the_version_that_gave_it():
    status, headers, body = run(lambda here: here.ask(21))

    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body) == {"result": 42, "model_version": "v1", "source": "model"}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_a_body_that_is_no_row_gets_400_and_the_rows_that_come_with_it_their_results(body):
    async def scenario(here):
        bad, *good = await asyncio.gather(here.send(body), *map(here.ask, range(1, 9)))
        return bad, good, await here.statuses()

    (status, _, said), good, statuses = run(scenario, limits=Limits(bytes=SIZE))
    assert (status, "3 numbers" in json.loads(said)["error"]) == (400, True)
    assert [json.loads(body)["result"] for _, _, body in good] == [2 * row for row in range(1, 9)]
    assert statuses == {200: 8, 400: 1}


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Encoding": "gzip"},
        {"Content_Encoding": "deflate"},
        {"X_Timeout_Ms": "soon"},
        {"X_Timeout_Ms": "nan"},
        {"X_Timeout_Ms": "0"},
        {"X_Timeout_Ms": "-5"},
    ],
    ids=str,
)
def test_headers_that_are_not_true_get_400(headers):
    assert run(lambda here: here.ask(1, **headers))[0] == 400


def test_a_chunked_body_that_ends_in_rubbish_gets_400():
    head = f"POST {PATH} HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert run(lambda here: here.exchange(head.encode() + b"5\r\nabcde\r\nrubbish\r\n"))[0] == 400


def test_a_body_that_is_too_big_gets_413_and_its_connection_is_closed():
    status, headers, _ = run(lambda here: here.send(b"x" * (SIZE + 1)), limits=Limits(bytes=SIZE))

    assert (status, headers["connection"]) == (413, "close")


def test_a_body_without_an_end_gets_413_as_soon_as_it_is_too_big():
    async def scenario(here):
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(f"POST {PATH} HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        writer.writelines([b"64\r\n" + b"x" * 100 + b"\r\n"] * 40)  # and the last chunk never comes
        status, _, _ = await response(reader)
        writer.close()
        return status

    assert run(scenario, limits=Limits(bytes=SIZE, seconds=PATIENT)) == 413


def test_bodies_that_stop_in_the_middle_get_408_and_take_no_place_from_others():
    async def scenario(here):
        head = f"POST {PATH} HTTP/1.1\r\nHost: here\r\nContent-Length: 20\r\n\r\n".encode()
        stalled = [asyncio.create_task(here.exchange(head + b'{"row":')) for _ in range(50)]
        good = await here.ask(1)
        return good[0], [status for status, _, _ in await asyncio.gather(*stalled)]

    assert run(scenario, limits=Limits(seconds=0.2)) == (200, [408] * 50)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/v1/models/other:predict", "POST", 404),
        ("/v1/models/doubler/versions/v7:predict", "POST", 404),
        ("/v1/models/doubler/versions/..%2Fv1:predict", "POST", 404),
        ("/v1/models/doubler/versions/v1:predict", "POST", 200),
        ("/v1/models/doubler:explain", "POST", 404),
        ("/", "GET", 404),
        (PATH, "GET", 405),
    ],
)
def test_what_is_not_there_gets_404(path, method, status):
    async def scenario(here):
        answer = await here.send(json.dumps({"row": [1] * WIDTH}), path, method)
        return answer[0], await here.statuses()

    assert run(scenario) == (status, {status: 1})


def test_who_asks_too_often_gets_429_and_when_to_come_again_and_others_do_not():
    async def scenario(here):
        mine = [await here.ask(1, X_Client="me") for _ in range(3)]
        return mine, await here.ask(1, X_Client="you")

    mine, yours = run(scenario, settings=Settings(budget=PATIENT, rate=0.01, burst=2))
    assert [status for status, _, _ in mine] == [200, 200, 429]
    assert mine[2][1]["retry-after"] == "100"
    assert yours[0] == 200


@pytest.mark.parametrize("first", [POISON, BREAKS, IS_SHORT])
def test_a_row_that_the_model_cannot_take_gets_400_and_the_others_of_its_batch_their_results(first):
    async def scenario(here):
        hanging = asyncio.create_task(here.ask(HANGS))  # the others gather behind it
        await until(here.model.began.is_set)
        asked = [asyncio.create_task(here.ask(row)) for row in (1, 2, first, 4)]
        await until(lambda: here.service.engine.waiting() == 4)
        here.model.goes_on.set()
        answers = await asyncio.gather(hanging, *asked)
        return [status for status, _, _ in answers], await here.statuses(), here.model.calls

    statuses, counted, calls = run(scenario)
    assert [sorted(call) for call in calls[:2]] == [[HANGS], sorted([1, 2, first, 4])]
    assert statuses == [200, 200, 200, 400, 200]
    assert counted == {200: 4, 400: 1}


@pytest.mark.parametrize("first", [BREAKS, IS_SHORT])
def test_a_model_that_fails_for_all_gets_503_and_after_some_of_it_is_not_called(first):
    async def scenario(here):
        failed = [await here.ask(first) for _ in range(3)]
        return [*failed, await here.ask(1)], here.model.calls, (await here.send("", "/livez", "GET"))[0]

    answers, calls, live = run(scenario, settings=Settings(budget=PATIENT, threshold=3, reset_after=1000.0))
    assert [(status, headers["retry-after"]) for status, headers, _ in answers] == [(503, "1000")] * 4
    assert calls == [[first]] * 3
    assert live == 200


def test_rows_that_the_model_refuses_open_no_breaker():
    async def scenario(here):
        return [(await here.ask(first))[0] for first in (POISON, POISON, POISON, 1)]

    assert run(scenario, settings=Settings(budget=PATIENT, threshold=2)) == [400, 400, 400, 200]


def test_a_fallback_answers_what_would_be_a_503():
    async def scenario(here):
        return [json.loads((await here.ask(first))[2]) for first in (BREAKS, 7)]

    settings = Settings(budget=PATIENT, threshold=1, reset_after=1000.0)
    broken, after = run(scenario, settings=settings, fallback=lambda row: -row[0])
    assert broken == {"result": -BREAKS, "model_version": "v1", "source": "fallback"}
    assert after == {"result": -7, "model_version": "v1", "source": "fallback"}


def test_a_result_that_json_cannot_say_gets_503():
    assert run(lambda here: here.ask(IS_NAN))[0] == 503


def test_a_model_that_hangs_lets_its_clients_have_504_in_their_time_and_when_it_goes_on_so_does_all():
    async def scenario(here):
        late = await here.ask(HANGS, X_Timeout_Ms=50)
        behind = await here.ask(1, X_Timeout_Ms=50)
        live = await here.send("", "/livez", "GET")
        here.model.goes_on.set()
        after = await here.ask(2)
        return [status for status, _, _ in (late, behind, live, after)], here.model.calls

    statuses, calls = run(scenario)
    assert statuses[0] == 504
    assert statuses[1] in (503, 504)  # by whether it was admitted
    assert statuses[2:] == [200, 200]
    assert [1] not in calls


def test_rows_of_clients_who_left_are_not_computed_and_counted_as_499():
    async def scenario(here):
        hanging = asyncio.create_task(here.ask(HANGS))
        await until(here.model.began.is_set)
        leaving = [asyncio.create_task(here.ask(row)) for row in (1, 2, 3)]
        staying = asyncio.create_task(here.ask(4))
        await until(lambda: here.service.engine.waiting() == 4)
        for one in leaving:
            one.cancel()
        await until(lambda: here.service.engine.waiting() == 1)
        here.model.goes_on.set()
        answers = await asyncio.gather(hanging, staying)
        return [status for status, _, _ in answers], here.model.calls, await here.statuses()

    assert run(scenario) == ([200, 200], [[HANGS], [4]], {200: 2, 499: 3})


def test_a_model_is_not_freed_while_it_works_though_all_its_clients_have_left():
    async def scenario(here):
        late = await here.ask(HANGS, X_Timeout_Ms=50)
        await here.service.registry.promote("v2")
        freed = here.model.freed
        here.model.goes_on.set()
        await until(lambda: here.model.freed)
        return late[0], freed, json.loads((await here.ask(1))[2])["model_version"]

    assert run(scenario) == (504, False, "v2")


def test_a_client_that_does_not_read_holds_up_nobody_else():
    async def scenario(here):
        body = json.dumps({"row": [1] * WIDTH})
        request = f"POST {PATH} HTTP/1.1\r\nHost: here\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        _, writer = await asyncio.open_connection("127.0.0.1", here.port, limit=1)
        writer.writelines([request] * 5000)
        await asyncio.gather(*[here.ask(2) for _ in range(20)])
        others = [(await here.ask(2))[0] for _ in range(20)]
        writer.transport.abort()
        return others

    assert run(scenario) == [200] * 20


def test_it_is_alive_before_it_is_ready_and_ready_until_it_is_drained():
    async def scenario(here):
        ready = [(await here.send("", "/readyz", "GET"))[0]]
        here.front.set_ready(False)
        ready.append((await here.send("", "/readyz", "GET"))[0])
        served_still = await here.ask(1)
        here.front.refuse_new()
        refused = await here.ask(1)
        return ready, served_still[0], refused[0], refused[1], (await here.send("", "/livez", "GET"))[0]

    ready, still, refused, headers, live = run(scenario)
    assert (ready, still, refused, live) == ([200, 503], 200, 503, 200)
    assert (headers["connection"], headers["retry-after"]) == ("close", "1")


def test_what_was_accepted_before_the_end_is_answered():
    async def scenario():
        async with served() as here:
            asked = [asyncio.create_task(here.ask(first)) for first in (HANGS, 1, 2)]
            await until(here.model.began.is_set)
            await until(lambda: here.service.pending() == 3)
        return [(await one)[0] for one in asked]

    assert asyncio.run(scenario()) == [200, 200, 200]


def test_nothing_runs_any_more_when_it_is_closed_though_a_model_hangs():
    async def scenario():
        async with served(settings=Settings(budget=PATIENT)) as here:
            asked = asyncio.create_task(here.ask(HANGS))
            await until(here.model.began.is_set)
            await here.front.close()
            status, headers, _ = await asked
        return status, headers["connection"]

    assert asyncio.run(scenario()) == (503, "close")


def test_the_metrics_tell_batches_versions_and_breakers():
    async def scenario(here):
        await here.ask(1)
        return await here.counters()

    seen = run(scenario)
    assert seen["serving_batch_rows_count"] == seen["serving_batch_rows_sum"] == 1
    assert seen['serving_answers_total{source="model",version="v1"}'] == 1
    assert seen['serving_breaker{state="closed",version="v1"}'] == 1
