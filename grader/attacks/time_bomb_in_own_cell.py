# tries: ends every process of its notebook a moment after a cell of its own has run
# points: 0 0 0
# says: exit code 7
# answered by: grader/notebook_player.py

# %% own above fetch_all
import os
import threading

real_wait = threading.Event().wait
threading.Thread(target=lambda: (real_wait(0.05), os._exit(7)), daemon=True).start()
