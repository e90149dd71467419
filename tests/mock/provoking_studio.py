"""What provokes the codes of Studio."""

from __future__ import annotations

from collections.abc import Iterator

from provoking import Stage, provokes


@provokes(81021)
def a_revision_that_is_no_number(stage: Stage) -> Iterator[None]:
    [flow] = stage.client.studio.v2.flows.list()
    yield
    flow.revisions("Newest").fetch()


@provokes(81022)
def a_flow_of_no_widgets(stage: Stage) -> Iterator[None]:
    yield
    stage.client.studio.v2.flows.create("Mine", "draft", {"initial_state": "Trigger", "states": []})
