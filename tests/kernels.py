"""A real kernel, sent its cells as a front end sends them or as nbclient does, and all that came out."""

import os
import textwrap
from collections.abc import Callable
from typing import Any, Self

from jupyter_client.manager import start_new_kernel


class Kernel:
    """with Kernel() as kernel:
    messages = kernel.run("await watch(main())", looked_at=True)
    """

    def __init__(self, **environment: str) -> None:
        self._environment = environment

    def __enter__(self) -> Self:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NBGRADER")}
        # A warning about encryption, which no test is about, would be in the way of what a program prints.
        quiet = ["--log-level=ERROR"]
        self.manager, self.client = start_new_kernel(
            extra_arguments=quiet, env={**inherited, **self._environment}
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(
        self,
        source: str,
        *,
        looked_at: bool = False,
        on_message: Callable[[dict[str, Any]], object] = lambda message: None,
    ) -> list[tuple[str, dict[str, Any]]]:
        """What the cell sent, as (type, content); a front end names the cell, so that it is `looked_at`."""
        content = {"code": textwrap.dedent(source), "silent": False, "store_history": True}
        metadata = {"cellId": "the-cell"} if looked_at else {}
        request = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(request)
        messages = []
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                continue
            messages.append((message["msg_type"], message["content"]))
            on_message(message)
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                self.client.get_shell_msg(timeout=60)
                return messages
