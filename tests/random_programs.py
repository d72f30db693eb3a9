"""Strategies for programs and worlds."""

import os

from hypothesis import HealthCheck, settings


def examples(count: int) -> settings:
    """So many examples, always the same in CI; a busy machine must not fail them."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=os.environ.get("CI") == "true",
        suppress_health_check=[HealthCheck.too_slow],
    )
