"""The reference on uvloop, with orjson in place of json."""

import model  # noqa: F401  (it makes the project's packages importable)
import orjson
import uvloop

from asynclab.serving.__main__ import arguments, serve

uvloop.run(serve(arguments(), loads=orjson.loads, dumps=orjson.dumps))
