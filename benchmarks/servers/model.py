"""The model that all servers have: MODELS is the folder of a trained one, and without it the model sleeps."""

import os
import sys
from pathlib import Path
from typing import Any

sys.path.append(os.environ["PROJECT"])  # behind the peers' own packages, which may need other versions


def load() -> Any:
    if "MODELS" not in os.environ:
        from asynclab.serving.sleeping_model import SleepingModel

        return SleepingModel()
    from asynclab.serving.torch_model import TorchModel

    return TorchModel.load(Path(os.environ["MODELS"]), "v1")
