"""Clients who send their next request as soon as they have the answer to the last one."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Clients:
    """So many clients on a connection each, for some seconds; then `ms` and `status` say what they saw."""

    def __init__(self, port: int, path: str, body: bytes) -> None:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        self._port = port
        self.request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        self.ms: list[float] = []
        self.status: Counter[int] = Counter()

    async def run(self, connections: int, seconds: float) -> None:
        self.until = time.perf_counter() + seconds
        loop = asyncio.get_running_loop()
        made = [
            await loop.create_connection(lambda: _Client(self), "127.0.0.1", self._port)
            for _ in range(connections)
        ]
        await asyncio.gather(*[client.over for _, client in made])


class _Client(asyncio.Protocol):
    def __init__(self, clients: Clients) -> None:
        self._clients, self._seen, self._sent = clients, b"", 0.0
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._clients.request)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, end, body = self._seen.partition(b"\r\n\r\n")
        length = _LENGTH.search(head) if end else None
        if length is None or len(body) < int(length[1]):
            return
        now, self._seen = time.perf_counter(), b""
        self._clients.ms.append(1000 * (now - self._sent))
        self._clients.status[int(head[9:12])] += 1
        if now < self._clients.until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.over.set_result(None)
