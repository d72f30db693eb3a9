"""What a late submission costs."""

import math

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Float


class ShareForEachDay(LateSubmissionPlugin):  # type: ignore[misc]
    """Takes a share of the points for each day that has begun after the due date; nothing by default."""

    share = Float(0.0, min=0.0, max=1.0, help="0.1 takes a tenth of the points a day; 0 takes none.").tag(
        config=True
    )

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        days = math.ceil(total_seconds_late / 86_400)
        return round(min(score, score * self.share * days), 2) or None
