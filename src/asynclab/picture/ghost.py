"""Another record of the same calls behind the rows: where they were in the simulated world."""

from __future__ import annotations

from collections.abc import Iterator

from asynclab.picture.ink import element, rect, tooltip
from asynclab.picture.page import TEXT, Page
from asynclab.picture.rows import Scene


def draw_ghost(scene: Scene, page: Page) -> Iterator[str]:
    """A dashed outline for each call of the other record, in the row of its counterpart."""
    if scene.ghost is None:
        return
    free = {index: row.label for index, row in enumerate(scene.rows) if not row.is_task}
    for row in Scene(scene.ghost).rows:
        index = next((index for index, label in free.items() if label == row.label), None)
        if index is not None and not row.is_task:
            del free[index]
            x1, x2 = page.x(row.start_ns), page.x(row.end_ns)
            outline = ghost_shape(x1, max(x2 - x1, 2), page.y(index), page.pitch - 2)
            yield element("g", tooltip(f"simulated: {row.story}"), outline)


def ghost_shape(x: float, width: float, y: float, height: float) -> str:
    return rect(
        x, y - height / 2, width, height, fill="none", stroke=TEXT, stroke_width=1.25, stroke_dasharray="4 3"
    )
