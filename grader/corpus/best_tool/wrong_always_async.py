# says: has a library that blocks wait in threads
def best_tool(workload):
    return "async"
