"""A day with fields: what they change, and what is shown."""

from __future__ import annotations

from typing import Any

import pytest
from days import task_flow

from helpers.flows import Exactly, Exponential, LoadTest, Shift, Staffing, WhatIf, load_test
from helpers.flows.rehearsal.plotting import Picture

DAY: dict[str, Any] = {
    "arrivals": [10, 20],
    "handle_time": Exponential(300),
    "patience": Exponential(200),
}
AGENTS = Staffing((Shift(2, 0, 1), Shift(1, 1)))


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the pictures, which take most of the time."""
    monkeypatch.setattr(LoadTest, "plot", lambda _: Picture(figsize=(1, 1)))


@pytest.fixture
def what_if(undrawn: None) -> WhatIf:
    return WhatIf(task_flow(), agents=AGENTS, **DAY)


def on_duty(what_if: WhatIf) -> list[tuple[float, int]]:
    return what_if.day.staffing.on_duty(2)


def test_it_begins_with_the_day_that_a_load_test_of_its_own_finds(what_if: WhatIf) -> None:
    alone = load_test(task_flow(), agents=AGENTS, progress=False, **DAY)
    assert what_if.day.conversations == alone.conversations
    assert repr(what_if) == f"WhatIf({alone.title!r})"


def test_each_field_changes_its_part_of_the_day_and_back_again(what_if: WhatIf) -> None:
    first = what_if.day
    what_if.customers.value = 150
    assert what_if.day.demand.seconds == first.demand.seconds
    assert what_if.day.summary.offered > first.summary.offered
    what_if.customers.value = 100
    what_if.talks.value = 50
    assert what_if.day.summary.occupancy < first.summary.occupancy
    arrived = [each.arrived for each in first.conversations]
    assert [each.arrived for each in what_if.day.conversations] == arrived
    what_if.talks.value = 100
    what_if.seed.value = 2
    assert what_if.day.conversations != first.conversations
    what_if.seed.value = 1
    assert what_if.day.conversations == first.conversations


def test_agents_are_added_while_any_work_and_one_is_always_left(what_if: WhatIf) -> None:
    assert on_duty(what_if) == [(0.0, 2), (1, 1), (2, 0)]
    what_if.more.value = 2
    assert [count for _, count in on_duty(what_if)][:2] == [4, 3]
    what_if.more.value = -3
    assert {count for _, count in on_duty(what_if)} == {1, 0}


@pytest.mark.usefixtures("undrawn")
def test_a_fixed_number_of_customers_is_a_share_of_itself() -> None:
    what_if = WhatIf(task_flow(), agents=1, **{**DAY, "arrivals": Exactly(20), "hours": 1})
    what_if.customers.value = 50
    assert what_if.day.summary.offered == 10


def test_figures_and_picture_stay_without_a_kernel_and_have_a_text() -> None:
    what_if = WhatIf(task_flow(), agents=AGENTS, **DAY)
    stored = what_if.html()
    assert "service level" in stored
    assert 'alt="Waits, queue and occupancy of Support (task): ' in stored
    what_if.more.value = 3
    assert what_if.html() != stored


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"agents": [AGENTS, AGENTS]}, "WhatIf has one group of agents"),
        ({"within": "20s"}, "give a number of seconds"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        WhatIf(task_flow(), **{"agents": 1, **DAY, **changes})
