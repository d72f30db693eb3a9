def best_tool(workload: dict[str, Any]) -> Tool:
    """Return the tool that ends this work soonest, among those that fit into the memory.

    `workload` has these keys: "tasks", how many there are; for each of them, one after the
    other, "wait", seconds of waiting for others, "python", seconds of computing with the GIL,
    and "native", seconds of computing without it; "blocking", True when the library that waits
    blocks its thread; "cores"; "memory", the megabytes that there are.

    The tools: "sequential" does one task after the other. "async" has all waits overlap in one
    thread, unless the library blocks; computing does not overlap. "threads" has one thread for
    each task, of 0.1 megabytes: waits overlap, native computing uses all cores, Python
    computing one. "processes" has one process for each core, of 30 megabytes and with 0.05 s
    to start; each does its share of the tasks one after the other. A choice within 10 % of the
    best time is right.
    """
    raise NotImplementedError  # replace this line with your answer
