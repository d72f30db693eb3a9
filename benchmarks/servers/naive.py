"""The model in the coroutine: meanwhile the loop does nothing else, and each row is a batch of its own."""

import asyncio
import json
import sys

from aiohttp import web
from model import load

model = load()


async def predict(request: web.Request) -> web.Response:
    row = json.loads(await request.read())["row"]
    (result,) = model.predict([row])
    return web.Response(body=json.dumps({"result": result}).encode(), content_type="application/json")


async def main(port: int) -> None:
    app = web.Application()
    app.router.add_post("/predict", predict)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    await asyncio.Event().wait()


asyncio.run(main(int(sys.argv[1])))
