"""Whatever clients send, wherever they stop: nothing is answered with a 500, all is counted."""

import asyncio
import json
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served import BREAKS, IS_NAN, IS_SHORT, PATH, PATIENT, POISON, WIDTH, served, until

from asynclab.serving.front import Limits
from asynclab.serving.settings import Settings

BYTES = 3000  # that a body may have: more than Python can nest

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["row", "x"]), inner),
    max_leaves=8,
)
numbers = st.sampled_from([0, 1, -2.5, 1e6, 1e7, POISON, BREAKS, IS_SHORT, IS_NAN])
rows = st.lists(numbers, min_size=WIDTH, max_size=WIDTH)
good_bodies = rows.map(lambda row: json.dumps({"row": row}).encode())
bodies = st.one_of(
    values.map(lambda value: json.dumps(value).encode()),
    values.map(lambda value: json.dumps({"row": value}).encode()),
    st.lists(numbers | values, min_size=WIDTH, max_size=WIDTH).map(
        lambda row: json.dumps({"row": row}).encode()
    ),
    st.binary(max_size=2 * BYTES),
    st.integers(1, 2 * BYTES).map(lambda depth: b"[" * depth),
    st.integers(1, 2 * BYTES).map(lambda length: b" " * length),
)
text = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
headers = st.one_of(
    st.tuples(st.just("Content-Encoding"), st.sampled_from(["gzip", "deflate", "br", "identity", "x"])),
    st.tuples(st.just("Content-Type"), st.sampled_from(["application/json", "a/b; charset=x", ";", "text"])),
    st.tuples(st.just("X-Timeout-Ms"), st.sampled_from(["1", "1e9", "-1", "nan", "inf", "1e999", "", "x"])),
    st.tuples(st.just("X-Client"), text),
    st.tuples(st.just("Expect"), st.sampled_from(["100-continue", "a cake"])),
    st.tuples(st.just("Connection"), st.sampled_from(["close", "keep-alive", "upgrade"])),
    st.tuples(st.just("Upgrade"), st.sampled_from(["websocket", "h2c"])),
    st.tuples(st.sampled_from(["X-A", "Cookie", "Range", "Authorization", "Accept-Encoding"]), text),
)
LENGTH = "Content-Length: {}"
lengths = st.one_of(
    st.just("Transfer-Encoding: chunked"),
    st.sampled_from(["Content-Length: -1", "Content-Length: x", "Content-Length: 1" + "0" * 20, "X-None: 0"]),
    st.integers(0, 2 * BYTES).map("Content-Length: {}".format),
)
paths = st.one_of(
    st.sampled_from(
        ["/v1/models/doubler/versions/v1:predict", "/v1/models/other:predict", "/livez", "*", "//"]
    ),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=9).map(
        "/v1/models/{}:predict".format
    ),
)
methods = st.sampled_from(["GET", "PUT", "OPTIONS", "FOO"])


@dataclass(frozen=True)
class Client:
    """What one client sends, after how many bytes it stops if it does, and whether it reads what comes."""

    method: str
    path: str
    headers: list
    length: str
    body: bytes
    stops_after: int | None
    reads: bool

    def sent(self):
        chunked = self.length.startswith("Transfer")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(self.body), self.body) if chunked and self.body else self.body
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: here", self.length.format(len(self.body))]
        lines += [f"{name}: {value}" for name, value in self.headers]
        data = "\r\n".join([*lines, "", ""]).encode() + body
        return data if self.stops_after is None else data[: self.stops_after]


def clients_with(**different):
    """Clients whose requests are right but for what is given."""
    right = {
        "method": st.just("POST"),
        "path": st.just(PATH),
        "headers": st.just([]),
        "length": st.just(LENGTH),
        "body": good_bodies,
        "stops_after": st.none(),
        "reads": st.booleans(),
    }
    return st.builds(Client, **right | different)


some_headers = st.lists(headers, min_size=1, max_size=3)
clients = st.one_of(
    clients_with(),
    clients_with(body=bodies),
    clients_with(headers=some_headers),
    clients_with(length=lengths),
    clients_with(path=paths, method=methods),
    clients_with(stops_after=st.integers(1, 400), length=lengths | st.just(LENGTH)),
    clients_with(body=bodies, headers=some_headers, length=lengths, path=paths | st.just(PATH)),
)


async def status_of(port, client):
    """The status that the client is given; None for one that leaves or is hung up on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(client.sent())
        if client.stops_after is not None or not client.reads:
            return None
        line = await reader.readline()
        return int(line.split()[1]) if line else None
    except ConnectionError:
        return None
    finally:
        writer.transport.abort()


async def statuses_of(several):
    """What such clients are given, side by side; then all is as it was before."""
    limits = Limits(bytes=BYTES, seconds=0.05, linger=0.05)
    async with served(Settings(budget=PATIENT, threshold=10**6), limits) as here:
        before = asyncio.all_tasks()
        statuses = await asyncio.gather(*[status_of(here.port, client) for client in several])
        good, _, body = await here.ask(21)
        assert (good, json.loads(body)["result"]) == (200, 42)
        async with asyncio.timeout(PATIENT):
            await until(lambda: not here.service.pending() and len(asyncio.all_tasks()) <= len(before))
        return statuses, await here.statuses()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(clients, min_size=1, max_size=6))
def test_no_request_is_answered_with_an_error_of_ours_and_none_stays(several):
    statuses, counted = asyncio.run(statuses_of(several))

    ours = {status for status in [*statuses, *counted] if status is not None and status >= 500}
    assert ours <= {503, 504}
