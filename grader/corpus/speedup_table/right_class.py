from dataclasses import asdict, dataclass


@dataclass
class Gain:
    speedup: float
    efficiency: float
    serial_share: float | None = None


class NoBaseline(ValueError):
    pass


def speedup_table(times):
    if 1 not in times:
        raise NoBaseline("measure one worker first")
    table = {}
    for n in times:
        gain = Gain(times[1] / times[n], times[1] / times[n] / n)
        if n != 1:
            gain.serial_share = (n * times[n] - times[1]) / (times[1] * (n - 1))
        table[n] = asdict(gain)
    return table
