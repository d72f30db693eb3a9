"""Runs the cells of one notebook, whatever they do: a cell that hangs or dies costs its kernel and no more.

The kernel is killed at the cell's deadline, a new one runs again what ran before, without the guilty cell.
"""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from subprocess import DEVNULL
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

STOPPED = "Stopped"  # the name of the error in a cell that was
#: `exit()` would end the kernel a moment later, when another cell runs.
NO_EXIT = "get_ipython().ask_exit = lambda: None"
OUTPUT_LIMIT = 1_000_000  # characters that are kept of one cell's output


@dataclass(frozen=True)
class Limits:
    """Seconds of real time: a last resort against hangs, far above what an honest cell takes."""

    cell: int
    notebook: int


@dataclass
class Run:
    """A cell to run. Later cells need what it did, unless it is *final*: then nobody runs it again."""

    code: str
    final: bool = False
    outputs: list[Any] = field(default_factory=list)


def run(cells: Sequence[Run], limits: Limits, *, first: str, env: Mapping[str, str]) -> None:
    """Run the cells in order in a kernel, and leave in each what it put out.

    *first* is code of ours that each kernel runs before anything else. The kernel works in an empty folder.

    Raises: RuntimeError: if no kernel can be started in which *first* runs.
    """

    async def run_in_a_folder() -> None:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            options = {"cwd": folder, "env": {**os.environ, **env}, "stdout": DEVNULL, "stderr": DEVNULL}
            await _Runner(limits, first, options).run(cells)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(run_in_a_folder())
    else:  # formgrader's button, inside the server's loop
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, run_in_a_folder()).result()


def error_output(name: str, text: str) -> Any:
    """What a notebook shows for an exception."""
    traceback = [f"\x1b[0;31m{name}\x1b[0m: {text}"]
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": traceback}


class _Runner:
    def __init__(self, limits: Limits, first: str, options: dict[str, Any]) -> None:
        self.limits = limits
        self.ends = time.monotonic() + limits.notebook
        self.first = first
        self.options = options  # for the start of a kernel
        self.kernel: _Kernel | None = None
        self.before: list[Run] = []  # what a new kernel has to run again

    async def run(self, cells: Sequence[Run]) -> None:
        try:
            for cell in cells:
                await self._bring_up()
                if await self._survives(cell, cell.outputs) and not cell.final:
                    self.before.append(cell)
        finally:
            await self._take_down()

    async def _bring_up(self) -> None:
        """A kernel in the state that the cells so far have made."""
        while self.kernel is None and self._left() > 0:
            self.kernel = await _Kernel.start(self.first, self.options)
            for cell in list(self.before):
                again: list[Any] = []
                if not await self._survives(cell, again):
                    cell.outputs.append(again[-1])
                    self.before.remove(cell)
                    break

    async def _survives(self, cell: Run, outputs: list[Any]) -> bool:
        """Run the cell and put what it gives into *outputs*; if it does not end by itself, end its kernel."""
        seconds = min(self.limits.cell, self._left())
        if self.kernel is None or seconds <= 0:
            self._blame(outputs, f"was not run: the notebook's {self.limits.notebook} s were used up")
            return False
        try:
            outputs += await self.kernel.run(cell.code, seconds)
        except CellTimeoutError:
            outputs += self.kernel.outputs()
            self._blame(outputs, f"was still running after {seconds} s, so it was stopped")
        except DeadKernelError:
            if (task := asyncio.current_task()) and task.cancelling():  # which nbclient takes for the same
                raise asyncio.CancelledError from None
            outputs += self.kernel.outputs()
            self._blame(outputs, "ended the whole kernel (an exit, a crash, or too much memory)")
        else:
            return True
        await self._take_down()
        return False

    def _blame(self, outputs: list[Any], what: str) -> None:
        text = f"This cell {what}. The other cells were run without it."
        # nbgrader takes the first result for the mark, and one that a cell shows before it hangs is none
        outputs[:] = [output for output in outputs if output["output_type"] != "execute_result"]
        outputs.append(error_output(STOPPED, text))

    def _left(self) -> int:
        return int(self.ends - time.monotonic())

    async def _take_down(self) -> None:
        if self.kernel is not None:
            await self.kernel.kill()
            self.kernel = None


class _Kernel(NotebookClient):
    """One kernel, and a notebook that grows by each cell that is run."""

    @classmethod
    async def start(cls, first: str, options: dict[str, Any]) -> "_Kernel":
        kernel = cls(
            new_notebook(),  # type: ignore[no-untyped-call]
            kernel_name="python3",
            kernel_manager_class=AsyncKernelManager,
            allow_errors=True,
            interrupt_on_timeout=False,  # an interrupt does not reach a loop that idles in an `await`
            skip_cells_with_tag="__never__",
            record_timing=False,
            coalesce_streams=True,
            shutdown_kernel="immediate",
        )
        kernel.create_kernel_manager()
        try:
            await kernel.async_start_new_kernel(**options)
            await kernel._connect()
            outputs = await kernel.run(f"{NO_EXIT}\n{first}", 120)
        except BaseException:
            await kernel.kill()
            raise
        failed = [output for output in outputs if output["output_type"] == "error"]
        if failed:
            await kernel.kill()
            raise RuntimeError(
                f"the kernel is not fit for marks: {failed[0]['ename']}: {failed[0]['evalue']}"
            )
        return kernel

    async def _connect(self) -> None:
        """nbclient's own way listens to the heartbeat, too, in a thread that leaves an open loop behind."""
        assert self.km is not None
        self.kc = self.km.client()
        self.kc.start_channels(hb=False)
        await ensure_async(self.kc.wait_for_ready(timeout=self.startup_timeout))
        self.kc.allow_stdin = False

    async def run(self, code: str, seconds: int) -> list[Any]:
        """What the code puts out.

        Raises: CellTimeoutError, DeadKernelError
        """
        self.timeout = self.iopub_timeout = seconds
        self._received = 0
        self.nb.cells.append(new_code_cell(code))  # type: ignore[no-untyped-call]
        await self.async_execute_cell(self.nb.cells[-1], len(self.nb.cells) - 1)
        return self.outputs()

    def outputs(self) -> list[Any]:
        """What the last cell has put out so far."""
        found: list[Any] = self.nb.cells[-1].outputs
        return found

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Keeps nothing beyond the limit: a cell that prints for ever must not fill the grader's memory."""
        if msg["msg_type"] in ("stream", "display_data", "update_display_data", "execute_result", "error"):
            size = len(str(msg["content"]))
            self._received += size
            if self._received > OUTPUT_LIMIT and (size > 10_000 or msg["msg_type"] == "stream"):
                return None
        return super().process_message(msg, cell, cell_index)

    async def kill(self) -> None:
        """End the kernel and all that it has started."""
        manager = self.km
        if manager is None:
            return
        group = getattr(manager.provisioner, "pgid", None)
        if group:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
        await self._async_cleanup_kernel()
