def speedup_table(times: dict[int, float]) -> dict[int, dict[str, float | None]]:
    """Return, for each number of workers in `times`, what they gained.

    `times` maps numbers of workers to seconds, e.g. `{1: 8.0, 2: 5.0, 4: 3.5}`. The table maps
    the same numbers to dicts with three keys: "speedup", the time of one worker over the time
    of n; "efficiency", the speed-up per worker, a ratio (1.0 is perfect); "serial_share", the
    share s of the work that cannot be split, a ratio, from Amdahl's law: speedup =
    1 / (s + (1 - s) / n). One worker has no serial share: there it is None. Without a time for
    one worker, raise ValueError.
    """
    raise NotImplementedError  # replace this line with your answer
