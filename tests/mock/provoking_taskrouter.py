"""What provokes the codes that only TaskRouter has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from office import Office
from provoking import Stage, provokes


def office(stage: Stage) -> Office:
    """The account's own workspace, with Alice available and a task for her."""
    made = Office(stage.account)
    made.go("alice")
    made.task()
    return made


def task(stage: Stage) -> Any:
    return office(stage).workspace.tasks.list()[0]


@provokes(20412)
def a_change_to_a_task_that_has_changed_since(stage: Stage) -> Iterator[None]:
    old = task(stage)
    old.update(priority=1)
    yield
    old.update(priority=2, if_match='"0"')


@provokes(40153)
def a_page_without_its_token(stage: Stage) -> Iterator[None]:
    workspace = office(stage).workspace
    yield
    list(workspace.tasks.page(page_number=1, page_size=1))


@provokes(55555)
def an_instruction_that_taskrouter_does_not_have(stage: Stage) -> Iterator[None]:
    reserved = task(stage)
    yield
    reserved.reservations.list()[0].update(instruction="dance")
