"""Where lessons are handed out and answers handed in: the folder that nbgrader calls the exchange."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

COURSE_ID = "async-ml"

# What my-course/ gets: nbgrader reads it from the folder in which JupyterLab starts.
LEARNERS_CONFIG = '''\
"""Where nbgrader's Assignment List looks. Written by `asynclab lab`; once you change it, it stays yours."""

from pathlib import Path

from asynclab.exchange import COURSE_ID, made_exchange_folder

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = COURSE_ID
c.Exchange.root = str(made_exchange_folder())  # another one: set ASYNCLAB_EXCHANGE
c.Exchange.cache = str(Path(__file__).parent / ".asynclab" / "submitted")  # your copies of what you handed in
c.KernelManager.transport_encryption = "auto"  # or each Validate would warn in the terminal that it is off
'''


def exchange_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The exchange/ of this clone, or the folder that ASYNCLAB_EXCHANGE names: a class shares one."""
    named = environment.get("ASYNCLAB_EXCHANGE")
    return Path(named).expanduser().absolute() if named else Path(__file__).parents[2] / "exchange"


def made_exchange_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The exchange, made if it can be: Assignment List shows an empty one as an empty list, else an error."""
    folder = exchange_folder(environment)
    with suppress(OSError):  # nbgrader says where it looked, when somebody asks for the list
        folder.mkdir(parents=True, exist_ok=True)
    return folder
