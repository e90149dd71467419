"""The table of Student's t, held against the integral of its density."""

from __future__ import annotations

import math
import statistics

import pytest

from helpers.flows.busy_day import sweeping
from helpers.flows.busy_day.sweeping import estimate

STEPS = 2_000


def below(t: float, freedom: int) -> float:
    """Probability of less than `t`, by Simpson's rule over the density."""
    scale = math.gamma((freedom + 1) / 2) / math.gamma(freedom / 2)
    scale /= math.sqrt(freedom * math.pi)

    def density(x: float) -> float:
        return float(scale * (1 + x * x / freedom) ** (-(freedom + 1) / 2))

    width = t / STEPS
    inner = sum((4 if n % 2 else 2) * density(n * width) for n in range(1, STEPS))
    return 0.5 + (density(0) + inner + density(t)) * width / 3


def factor(seeds: int) -> float:
    """The factor that an estimate over so many seeds applies to the error of its mean."""
    values = [float(number % 7) for number in range(seeds)]
    found = estimate(values)
    assert found.low is not None
    assert found.high is not None
    assert found.mean == pytest.approx((found.low + found.high) / 2)
    return (found.high - found.low) / 2 / (statistics.stdev(values) / math.sqrt(seeds))


@pytest.mark.parametrize("freedom", range(1, 31))
def test_each_factor_leaves_two_and_a_half_per_cent_above_it(freedom: int) -> None:
    t = factor(freedom + 1)
    assert round(t, 3) == pytest.approx(t)
    assert below(t - 0.0005001, freedom) < 0.975 < below(t + 0.0005001, freedom)


def test_beyond_the_table_the_normal_distributions_factor_is_used() -> None:
    assert len(sweeping._T) == 30
    normal = statistics.NormalDist().inv_cdf(0.975)
    for seeds in (32, 200):
        assert factor(seeds) == pytest.approx(normal, abs=0.0005)
