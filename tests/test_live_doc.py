"""The examples of docs/live.md run in a real kernel, as a learner would run them."""

from pathlib import Path

from tests.author_doc import examples
from tests.kernels import Kernel

DOCUMENT = Path(__file__).parents[1] / "docs" / "live.md"


def test_every_example_runs_and_shows_something(tmp_path):
    cells = examples(DOCUMENT.read_text(encoding="utf-8"))
    assert len(cells) == 7
    with Kernel() as kernel:
        kernel.run(f"import os; os.chdir({str(tmp_path)!r})")
        for cell in cells:
            messages = kernel.run(cell)
            errors = [content["evalue"] for kind, content in messages if kind == "error"]
            assert errors == [], cell
            assert any(kind == "display_data" for kind, _ in messages), cell
    assert (tmp_path / "run.json").exists()
