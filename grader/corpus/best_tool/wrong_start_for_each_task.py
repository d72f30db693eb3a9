# says: has Python code computed by processes
import math


def best_tool(k):
    n, one = k["tasks"], k["wait"] + k["python"] + k["native"]
    t = {"sequential": n * one}
    if not k["blocking"]:
        t["async"] = k["wait"] + n * (k["python"] + k["native"])
    if 30 * k["cores"] <= k["memory"]:
        t["processes"] = n * 0.05 + math.ceil(n / k["cores"]) * one
    if 0.1 * n <= k["memory"]:
        t["threads"] = k["wait"] + n * (k["python"] + k["native"] / k["cores"])
    return min(t, key=t.get)
