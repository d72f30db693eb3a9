"""The service on HTTP."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from asynclab.serving.metrics import Metrics
from asynclab.serving.refused import Refused
from asynclab.serving.rows import Rows
from asynclab.serving.service import Service

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


_encoder = json.JSONEncoder(allow_nan=False)  # json.dumps would make one for each response


def to_json(value: Any) -> bytes:
    """Strict JSON, which has no NaN. Raises: ValueError: if there is one."""
    return _encoder.encode(value).encode()


@dataclass(frozen=True)
class Limits:
    """What a body may cost before the service sees it."""

    bytes: int = 64 * 1024
    seconds: float = 5.0
    linger: float = (
        0.5  # seconds in which the rest of a refused body is read, so that the client sees the answer
    )


class Front:
    """Serves a `Service` at ``/v1/models/NAME[/versions/VERSION]:predict``.

    The body is ``{"row": [...]}``, the response ``{"result": ..., "model_version": ..., "source": ...}`` or
    ``{"error": ...}`` with the status of `Refused`, and 413 and 408 for bodies too big and too slow.
    The header X-Client says who asks (else the address does), X-Timeout-Ms for how long they wait.
    ``/livez``, ``/readyz`` and ``/metrics`` are for who runs it. `drain` takes a front as it takes a service.
    """

    def __init__(
        self,
        service: Service,
        metrics: Metrics,
        name: str,
        rows: Rows,
        limits: Limits | None = None,
        *,
        dumps: Callable[[Any], bytes] = to_json,
    ) -> None:
        self.service, self._metrics, self._name, self._rows = service, metrics, name, rows
        self._limits, self._dumps = limits or Limits(), dumps
        self._clock = asyncio.get_running_loop().time
        app = web.Application(client_max_size=self._limits.bytes, middlewares=[self._count])
        app.router.add_post("/v1/models/{name}:predict", self._predict)
        app.router.add_post("/v1/models/{name}/versions/{version}:predict", self._predict)
        self._probes = {"/livez": self._live, "/readyz": self._ready, "/metrics": self._page}
        for path, probe in self._probes.items():
            app.router.add_get(path, probe)
        # Without handler_cancellation the request of a client that has left is answered to nobody.
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handler_cancellation=True,
            lingering_time=self._limits.linger,
            shutdown_timeout=1.0,
        )

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; the port, also when 0 was to choose one. Being ready is the service's affair."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, backlog=4096).start()
        return int(self._runner.addresses[0][1])

    # -- a request

    @web.middleware
    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Every request but the probes' is counted when it comes and when it has its response."""
        if request.path in self._probes:
            return await handler(request)
        began, status, reason = self._clock(), 499, "left"
        self._metrics.received()
        try:
            response = await handler(request)
            status, reason = response.status, "ok"
            return response
        except Refused as refused:
            status, reason = refused.status, refused.reason
            return self._refusal(refused)
        except web.HTTPException as error:  # no such path or method
            status, reason = error.status, "no route"
            raise
        except Exception:
            status, reason = 500, "bug"
            raise
        finally:
            self._metrics.responded(status, reason, self._clock() - began)

    async def _predict(self, request: web.Request) -> web.Response:
        arrived = self._clock()
        if request.match_info["name"] != self._name:
            raise Refused(404, "no model", f"the only model here is {self._name}")
        seconds = self._patience(request)
        row = self._rows.read(await self._body(request))
        answer = await self.service.predict(
            row,
            client=request.headers.get("X-Client") or request.remote or "",
            version=request.match_info.get("version"),
            deadline=arrived + min(seconds, self.service.settings.budget),
        )
        body = {"result": answer.result, "model_version": answer.version, "source": answer.source}
        try:
            return web.Response(body=self._dumps(body), content_type="application/json")
        except (TypeError, ValueError):
            raise Refused(503, "broken", "the model's result is no JSON", retry_after=1.0) from None

    async def _body(self, request: web.Request) -> bytes:
        try:
            if request.content.is_eof():  # it came with the headers, as small ones do
                return await request.read()
            async with asyncio.timeout(self._limits.seconds):
                return await request.read()
        except TimeoutError:
            raise Refused(408, "slow body", f"not there after {self._limits.seconds:g} s") from None
        except web.HTTPRequestEntityTooLarge:
            raise Refused(413, "big body", f"at most {self._limits.bytes} bytes") from None
        except web.RequestPayloadError:
            raise Refused(400, "bad body", "the body is not encoded as the headers say") from None

    @staticmethod
    def _patience(request: web.Request) -> float:
        """How many seconds the client waits."""
        try:
            seconds = float(request.headers.get("X-Timeout-Ms", "inf")) / 1000
        except ValueError:
            seconds = math.nan
        if not seconds > 0:
            raise Refused(400, "bad header", "X-Timeout-Ms is a number of milliseconds")
        return seconds

    def _refusal(self, refused: Refused) -> web.Response:
        response = web.json_response({"error": str(refused)}, status=refused.status)
        if refused.retry_after is not None:
            response.headers["Retry-After"] = str(refused.retry_after)
        if refused.status in (408, 413) or refused.reason in ("not ready", "closed"):
            response.force_close()  # of the body there is more to come, or here is no more to be had
        return response

    # -- the probes

    async def _live(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if self.service.health.live() else 503)

    async def _ready(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if self.service.ready() else 503)

    async def _page(self, request: web.Request) -> web.Response:
        body = self._metrics.page(self.service)
        return web.Response(body=body, content_type="text/plain", charset="utf-8")

    # -- what `drain` asks for

    def set_ready(self, ready: bool) -> None:
        self.service.set_ready(ready)

    def refuse_new(self) -> None:
        self.service.refuse_new()

    def flush(self) -> None:
        self.service.flush()

    def pending(self) -> int:
        return self.service.pending()

    async def wait_answered(self) -> None:
        await self.service.wait_answered()

    async def wait_disconnected(self) -> None:
        server = self._runner.server
        while server is not None and server.connections:  # noqa: ASYNC110 - aiohttp tells nobody of an end
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        await self.service.close()
        await self._runner.cleanup()
