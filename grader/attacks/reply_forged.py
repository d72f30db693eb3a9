# tries: puts a reply of its own, with the number that it must carry, in the place of the worker's
# points: 0 6 0
# says: forged: here is what I want to be seen
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/judge.py

# %% own above fetch_all
import sys

worker = sys.modules["grader.worker"]
really = worker._tell


def forge(value):
    text = {"output_type": "stream", "name": "stdout", "text": "forged: here is what I want to be seen"}
    result = {"output_type": "execute_result", "data": {"text/plain": "4.0"}, "metadata": {}, "execution_count": 1}
    really({"nonce": value["nonce"], "ok": True, "outputs": [text, result], "points": 4.0, "verdict": "right"})


worker._tell = forge
