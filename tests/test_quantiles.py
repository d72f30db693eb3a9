"""Quantiles by nearest rank."""

import pytest

from asynclab.quantiles import nearest_rank


def test_a_quantile_is_a_value_that_was_there():
    assert [nearest_rank([1, 2, 3, 4], share) for share in (0.01, 0.5, 0.75, 0.99)] == [1, 2, 3, 4]


def test_of_a_thousand_the_p99_is_the_990th():
    assert nearest_rank(range(1, 1001), 0.99) == 990


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_of_one_value_each_quantile_is_that_value(share):
    assert nearest_rank([7.5], share) == 7.5


def test_nothing_has_no_quantile():
    with pytest.raises(IndexError):
        nearest_rank([], 0.5)
