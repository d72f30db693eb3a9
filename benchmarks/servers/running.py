"""The servers that are compared, each started as processes of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

FOLDER = Path(__file__).resolve().parent
SOURCE = FOLDER.parents[1] / "src"

#: What the peers, uvloop and orjson are installed in; benchmarks/README.md has the command.
PEERS = Path(os.environ.get("PEERS", "/tmp/peers")) / "bin" / "python"

START, GRACE = 120.0, 5.0  # seconds

REFERENCE = "/v1/models/digits:predict"


class Server:
    """A server that runs: its port, the path to ask, and what it has cost so far."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, path: str) -> None:
        self._process, self.port, self.path = psutil.Process(process.pid), port, path

    def _tree(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """Of all its processes."""
        return sum(times.user + times.system for times in (one.cpu_times() for one in self._tree()))

    def memory_kb(self) -> float:
        return sum(one.memory_info().rss for one in self._tree()) / 1024


def kinds() -> list[str]:
    """The servers that can be started here."""
    wants = {"reference, uvloop, orjson": "uvloop, orjson", "LitServe": "litserve", "mosec": "mosec"}
    there = [kind for kind, modules in wants.items() if _are_installed(modules)]
    return ["aiohttp echo", "reference", *there, "naive"]


def _are_installed(modules: str) -> bool:
    if not PEERS.exists():
        return False
    return (
        subprocess.run([PEERS, "-c", f"import {modules}"], capture_output=True, check=False).returncode == 0
    )


def _command(kind: str, port: int, options: list[str], folder: Path, capacity: int | None) -> list[str]:
    here = {"aiohttp echo": "echo.py", "naive": "naive.py"}
    if kind in here:
        return [sys.executable, str(FOLDER / here[kind]), str(port)]
    if kind == "reference":
        return [sys.executable, "-m", "asynclab.serving", "--port", str(port), *options]
    if kind == "LitServe":
        return [str(PEERS), str(FOLDER / "lit.py"), str(port)]
    if kind == "mosec":
        limits = ["--capacity", str(capacity), "--timeout", "30000"] if capacity else []
        place = ["--address", "127.0.0.1", "--port", str(port), "--path", str(folder / "sockets")]
        return [str(PEERS), str(FOLDER / "mosec_server.py"), *place, *limits, "--log-level", "error"]
    return [str(PEERS), str(FOLDER / "fast.py"), "--port", str(port), *options]


@contextmanager
def running(
    kind: str,
    body: bytes,
    *,
    models: Path | None,
    options: list[str] | None = None,
    capacity: int | None = None,
) -> Iterator[Server]:
    """A server of that kind as long as the block lasts, with the trained model or one that sleeps.

    `options` are the reference's, `capacity` is mosec's bound of requests that it holds.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [*(options or []), *(["--models", str(models)] if models else [])]
    packages = str(Path(psutil.__file__).parents[1])
    env = {**os.environ, "PYTHONPATH": str(SOURCE), "PROJECT": packages, "OMP_NUM_THREADS": "1"}
    env |= {"MODELS": str(models)} if models else {}
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            _command(kind, port, options, Path(folder), capacity),
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            server = Server(process, port, REFERENCE if kind.startswith("reference") else "/predict")
            _wait_for_an_answer(kind, process, f"http://127.0.0.1:{port}{server.path}", body)
            yield server
        finally:
            _end(process)


def _wait_for_an_answer(kind: str, process: subprocess.Popen[bytes], url: str, body: bytes) -> None:
    until = time.monotonic() + START
    ask = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        with suppress(OSError):
            direct.open(ask, timeout=5).read()
            return
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{kind} did not start")
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
