"""A contact of a simulated day: whether it waits and whether it is over, in each of its states."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import pytest

from helpers.flows import Arrivals
from helpers.flows.busy_day.simulation import Contact

YES_OR_NO = (False, True)


def contact(**happened: bool) -> Contact:
    """A contact to whom this has happened, or not."""
    customer: Any = None
    moments = {name: 1.0 if has else None for name, has in happened.items()}
    return Contact(customer, 0.0, **moments)


@pytest.mark.parametrize(("queued", "ended", "left"), [*product(YES_OR_NO, repeat=3)])
def test_a_contact_is_over_once_neither_side_has_anything_to_do(
    queued: bool, ended: bool, left: bool
) -> None:
    found = contact(queued=queued, ended=ended, left=left)
    expected = {
        (False, False, False): False,
        (False, False, True): True,
        (False, True, False): True,
        (False, True, True): True,
        (True, False, False): False,
        (True, False, True): False,
        (True, True, False): True,
        (True, True, True): True,
    }
    assert found.is_over is expected[queued, ended, left]


@pytest.mark.parametrize(("accepted", "ended", "left"), [*product(YES_OR_NO, repeat=3)])
@pytest.mark.parametrize("refused", YES_OR_NO)
def test_a_customer_waits_until_somebody_comes_or_it_goes(
    accepted: bool, ended: bool, left: bool, refused: bool
) -> None:
    found = contact(accepted=accepted, ended=ended, left=left)
    found.is_refused = refused
    assert found.waits is (not any((accepted, ended, left, refused)))


@pytest.mark.parametrize("exactly", [None, 300])
def test_customers_arrive_in_the_hours_that_they_are_expected_in(exactly: int | None) -> None:
    expected = (50.0, 150.0, 0.0, 100.0)
    counts = Counter(
        int(moment // 3600)
        for seed in range(20)
        for moment in Arrivals(expected, exactly=exactly).moments(seed)
    )
    assert set(counts) == {0, 1, 3}
    for hour in counts:
        assert counts[hour] / 20 == pytest.approx(expected[hour], rel=0.1)
    moments = Arrivals(expected, exactly=exactly).moments(7)
    assert moments == sorted(moments) == Arrivals(expected, exactly=exactly).moments(7)
    assert moments != Arrivals(expected, exactly=exactly).moments(8)
    if exactly is not None:
        assert len(moments) == exactly


def test_a_day_has_an_hour_up_to_those_of_a_week() -> None:
    week = 7 * 24
    assert len(Arrivals((1.0,) * week, exactly=3).moments(1)) == 3
    for hours in (0, week + 1):
        with pytest.raises(ValueError, match=f"a day has 1 to 168 hours; got {hours}"):
            Arrivals((1.0,) * hours)
