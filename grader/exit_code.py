"""How a process ended, for a sentence."""

import signal

_NAMES = {one.value: one.name for one in signal.Signals}


def signal_of(code: int) -> str:
    """The signal that an exit code below 0 stands for; not every signal has a name.

    >>> signal_of(-11), signal_of(-40)
    ('SIGSEGV', '40')
    """
    return _NAMES.get(-code, f"{-code}")
