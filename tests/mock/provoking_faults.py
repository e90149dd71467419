"""What provokes the codes that only a fault brings."""

from __future__ import annotations

from collections.abc import Iterator

from provoking import Provocation, Stage, provokes

FROM_FAULTS = (20429, 20500, 20503, 45010, 50063, 50074)
"""Limits are not counted and nothing breaks by itself: a fault must be asked for."""


def _fault_of(code: int) -> Provocation:
    def a_fault_that_was_asked_for(stage: Stage) -> Iterator[None]:
        stage.mock.faults.add("CreateService", code=code)
        yield
        stage.client.chat.v2.services.create("Mine")

    return a_fault_that_was_asked_for


for each in FROM_FAULTS:
    provokes(each)(_fault_of(each))
