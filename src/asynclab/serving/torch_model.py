"""A small PyTorch model, trained in seconds on generated data, kept as a state_dict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

#: Numbers in a row, and classes to tell apart.
WIDTH, CLASSES = 64, 10
ROWS, STEPS, BATCH = 20_000, 300, 256


def use_one_thread() -> None:
    """Such a small batch is done before a second thread has woken up, and the loop needs a core too."""
    torch.set_num_threads(1)


def network(hidden: int) -> nn.Module:
    """The untrained model: one hidden layer."""
    return nn.Sequential(nn.Linear(WIDTH, hidden), nn.ReLU(), nn.Linear(hidden, CLASSES))


def sample(rows: int, dice: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Generated rows around one centre for each class, and their classes. The centres never change."""
    centres = torch.randn(CLASSES, WIDTH, generator=torch.Generator().manual_seed(0))
    classes = torch.randint(CLASSES, (rows,), generator=dice)
    return 0.5 * centres[classes] + torch.randn(rows, WIDTH, generator=dice), classes


def train(folder: Path, version: str, *, hidden: int = 256, seed: int = 1) -> float:
    """Train a model and write ``VERSION.pt``; the share of new rows that it gets right."""
    use_one_thread()
    torch.manual_seed(seed)
    dice = torch.Generator().manual_seed(seed)
    model, (rows, classes) = network(hidden), sample(ROWS, dice)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(STEPS):
        chosen = torch.randint(ROWS, (BATCH,), generator=dice)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(rows[chosen]), classes[chosen])
        torch.autograd.backward(loss)
        optimizer.step()
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"hidden": hidden, "state": model.state_dict()}, folder / f"{version}.pt")
    rows, classes = sample(2000, dice)
    with torch.inference_mode():
        return float((model(rows).argmax(1) == classes).float().mean())


class TorchModel:
    """What was trained, as the service wants it. `load` makes one."""

    def __init__(self, model: nn.Module) -> None:
        self._model: nn.Module | None = model.eval()

    @classmethod
    def load(cls, folder: Path, version: str) -> TorchModel:
        """The model in ``VERSION.pt``. With `weights_only` a file holds numbers, and no code of its runs.

        Raises: KeyError: if there is no such file.
        """
        path = folder / f"{version}.pt"
        if Path(version).name != version or not path.is_file():
            raise KeyError(version)
        use_one_thread()
        saved = torch.load(path, weights_only=True)
        model = network(saved["hidden"])
        model.load_state_dict(saved["state"])
        return cls(model)

    def predict(self, rows: list[list[float]]) -> list[Any]:
        """The class of each row, and how sure that is."""
        assert self._model is not None, "the model was freed"
        with torch.inference_mode():
            sure, classes = self._model(torch.tensor(rows, dtype=torch.float32)).softmax(1).max(1)
        return [
            {"class": one, "probability": round(probability, 4)}
            for one, probability in zip(classes.tolist(), sure.tolist(), strict=True)
        ]

    def warm_up(self) -> None:
        """The first run allocates and chooses kernels, which is slow."""
        self.predict([[0.0] * WIDTH])

    def free(self) -> None:
        self._model = None
