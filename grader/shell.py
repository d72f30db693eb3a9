"""The IPython shell that a notebook's cells run in for marks, and what they show, kept as plain data."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import LSString, SList
from traitlets.config import Config

Output = dict[str, Any]

#: So much of a cell's output is kept: characters of text, characters of pictures and the like, and pieces.
MAX_TEXT, MAX_DATA, MAX_OUTPUTS = 100_000, 2_000_000, 200

CUT = "\n[the rest of the output was left out]\n"


class Outputs:
    """What one cell has shown, as nbformat writes it, and no more of it than the limits."""

    def __init__(self) -> None:
        self.kept: list[Output] = []
        self._text = MAX_TEXT
        self._data = MAX_DATA

    def stream(self, name: str, text: str) -> None:
        if not text or self._text < 0:
            return
        if len(text) > self._text:
            text = text[: self._text] + CUT
            self._text = -1
        else:
            self._text -= len(text)
        last = self.kept[-1] if self.kept else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"].append(text)
        elif len(self.kept) < MAX_OUTPUTS:
            self.kept.append({"output_type": "stream", "name": name, "text": [text]})

    def rich(self, output: Output, data: Mapping[str, Any]) -> None:
        size = sum(len(str(content)) for content in data.values())
        if size > self._data or len(self.kept) >= MAX_OUTPUTS:
            self.stream("stdout", CUT)
            return
        self._data -= size
        self.kept.append({**output, "data": dict(data), "metadata": {}})

    def error(self, name: str, text: str, traceback: list[str]) -> None:
        if len(self.kept) >= MAX_OUTPUTS:
            return
        lines = [line[:5_000] for line in traceback[:60]]
        self.kept.append(
            {"output_type": "error", "ename": name[:200], "evalue": text[:2_000], "traceback": lines}
        )

    def as_json(self) -> list[Output]:
        return [
            {**output, "text": "".join(output["text"])} if output["output_type"] == "stream" else output
            for output in self.kept
        ]


class _Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of a cell."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, shell: CellShell, name: str) -> None:
        self._shell = shell
        self.name = name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._shell.outputs.stream(self.name, text)
        return len(text)


class _Publisher(DisplayPublisher):
    shell: CellShell

    def publish(self, data: Mapping[str, Any], *_: Any, **__: Any) -> None:
        self.shell.outputs.rich({"output_type": "display_data"}, data)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.kept.clear()


class _Hook(DisplayHook):
    shell: CellShell

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Mapping[str, Any], md_dict: Any = None) -> None:
        kind = {"output_type": "execute_result", "execution_count": self.prompt_count}
        self.shell.outputs.rich(kind, format_dict)

    def finish_displayhook(self) -> None:
        self._is_active = False


class CellShell(InteractiveShell):
    """IPython without a terminal, a history or a file of its own.

    It may be made only inside the sandbox, in a process that runs the cells of one exercise.
    """

    outputs: Outputs

    @classmethod
    def made(cls) -> CellShell:
        bring_fonts()
        config = Config()
        config.HistoryManager.enabled = False
        config.HistoryManager.hist_file = ":memory:"
        config.InteractiveShell.colors = "nocolor"
        cls.outputs = Outputs()
        shell: CellShell = cls.instance(config=config, display_pub_class=_Publisher, displayhook_class=_Hook)
        shell.autoawait = True
        return shell

    def take_streams(self) -> None:
        sys.stdout, sys.stderr = _Stream(self, "stdout"), _Stream(self, "stderr")

    def run(self, loop: asyncio.AbstractEventLoop, source: str) -> tuple[bool, list[Output]]:
        """Run one cell on the loop; whether it came to its end, and what it showed."""
        outputs = self.outputs = Outputs()
        try:
            ok = loop.run_until_complete(self._run(source))
            self.events.trigger("post_execute")
        except BaseException as error:  # SystemExit and KeyboardInterrupt leave an event loop
            ok = False
            outputs.error(type(error).__name__, str(error), [])
        return ok, outputs.as_json()

    async def _run(self, source: str) -> bool:
        refused = None
        try:
            transformed = self.transform_cell(source)  # type: ignore[no-untyped-call]
        except Exception:
            transformed, refused = source, sys.exc_info()
        result = await self.run_cell_async(
            source, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=refused
        )
        return bool(result.success)

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        name = etype if isinstance(etype, str) else etype.__name__
        self.outputs.error(name, str(evalue), [str(line) for line in stb])

    def enable_gui(self, gui: Any = None) -> None:
        """There is no screen."""

    def system(self, cmd: str) -> None:
        """``!cmd``. IPython's own way wants a terminal, which a sandbox has none of."""
        command = self.var_expand(cmd, depth=1)  # type: ignore[no-untyped-call]
        written, self.user_ns["_exit_code"] = _run_command(command)
        self.outputs.stream("stdout", written)

    system_piped = system_raw = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """``lines = !cmd``."""
        command = self.var_expand(cmd, depth=depth + 1)  # type: ignore[no-untyped-call]
        written, self.user_ns["_exit_code"] = _run_command(command)
        return SList(written.splitlines()) if split else LSString(written)


def bring_fonts() -> None:
    """Give matplotlib a folder to write to, with the list of fonts in it that set-up made in seconds."""
    made, home = Path(sys.prefix) / "matplotlib", os.environ.get("MPLCONFIGDIR")
    if home and made.is_dir():
        shutil.copytree(made, home, dirs_exist_ok=True)


def _run_command(command: str) -> tuple[str, int]:
    """What a shell's command writes, and its exit code; it is ended when it has written more than is kept."""
    with subprocess.Popen(
        command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        written = process.stdout.read(MAX_TEXT + 1)
        if len(written) > MAX_TEXT:
            process.kill()
    return written.decode(errors="replace"), process.returncode
