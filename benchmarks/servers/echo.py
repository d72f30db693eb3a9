"""What aiohttp alone costs: a row is read, and ten of its numbers go back."""

import asyncio
import json
import sys

from aiohttp import web


async def predict(request: web.Request) -> web.Response:
    row = json.loads(await request.read())["row"]
    return web.Response(body=json.dumps({"result": row[:10]}).encode(), content_type="application/json")


async def main(port: int) -> None:
    app = web.Application()
    app.router.add_post("/predict", predict)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    await asyncio.Event().wait()


asyncio.run(main(int(sys.argv[1])))
