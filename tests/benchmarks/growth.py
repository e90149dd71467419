"""The same call in an account that is small and in one that is large, and memory."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from helpers import Account, connect
from helpers.mock.core.context import Context
from helpers.mock.messaging import channels, messages
from helpers.mock.messaging.resources import Channel, Service

from .house_costs import task_flow
from .in_process import DIALECTS, contact
from .measuring import Figure, answered, in_turns, megabytes, number, paired_figure

MESSAGES, CHANNELS, CONTACTS, TASKS = 1_000_000, 50_000, 100_000, 50_000
FEW = 100
BATCH = 100
"""Messages of one transaction while a channel is filled."""
FLAT = 1.15


def a_channel(account: Account, holding: int) -> str:
    """A channel with so many messages, made by the product's own function."""
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    sid: str = service.channels.create(type="private").sid
    backend = account.mock._backend
    for start in range(0, holding, BATCH):
        with backend.transaction():
            ctx = Context(backend, account.credentials.account_sid)
            channel = ctx.store.first(Channel, sid=sid)
            assert channel is not None
            for count in range(start, min(start + BATCH, holding)):
                messages.send(ctx, channel, body=f"message {count}", author="alice")
    return sid


def growth_of(make: Callable[[], object], count: int) -> float:
    """Bytes of this process's memory for each of so many."""
    gc.collect()
    before = megabytes(os.getpid())
    make()
    gc.collect()
    return (megabytes(os.getpid()) - before) * 1e6 / count


def run() -> Iterator[Figure]:
    """Messages, tasks and Flex channels, few and many; memory on the way."""
    yield from many_messages()
    size = answered("-m", "tests.benchmarks.growth")  # where no memory was let go of before
    name = f"memory of an idle channel, among {CHANNELS:,}"
    yield Figure(name, f"{number(size)} bytes", "", size, "bytes", at_most=1000)
    yield from tasks()
    yield from contacts()
    yield available()


def many_messages() -> Iterator[Figure]:
    """A million messages, and what they take."""
    few, many = connect(seed=1), connect(seed=1)
    made = [a_channel(few, FEW)]
    size = growth_of(lambda: made.append(a_channel(many, MESSAGES)), MESSAGES)
    yield from messages_beside(few, many, *made)
    name = f"memory of a message, among {MESSAGES:,}"
    yield Figure(name, f"{number(size)} bytes", "", size, "bytes", at_most=300)


def messages_beside(few: Account, many: Account, small: str, large: str) -> Iterator[Figure]:
    """Create and list in both dialects."""
    service = few.credentials.chat_service_sid
    for name, (messages_of, author) in DIALECTS.items():
        own, floor = (
            messages_of(account.client, service, sid)
            for account, sid in ((many, large), (few, small))
        )
        by = {author: "alice"}
        found = in_turns(
            lambda own=own, by=by: own.create(body="How can I help?", **by),
            lambda floor=floor, by=by: floor.create(body="How can I help?", **by),
        )
        title = f"create message, {name}, beside {MESSAGES:,} and {FEW}"
        yield paired_figure(title, found, FLAT)
        for order in ("asc", "desc"):
            found = in_turns(
                lambda own=own, order=order: own.list(order=order, limit=50, page_size=50),
                lambda floor=floor, order=order: floor.list(order=order, limit=50, page_size=50),
                rounds=15,
                calls=10,
            )
            title = f"list 50 messages, {name}, {order}, of {MESSAGES:,} and {FEW}"
            yield paired_figure(title, found, FLAT)


def idle_channels() -> float:
    """Bytes of memory of a channel that nobody writes in."""
    account = connect(seed=1)
    backend = account.mock._backend

    def make() -> None:
        for _ in range(CHANNELS // BATCH):
            with backend.transaction():
                ctx = Context(backend, account.credentials.account_sid)
                service = ctx.store.first(Service, sid=account.credentials.chat_service_sid)
                assert service is not None
                for _ in range(BATCH):
                    channels.create(ctx, service, friendly_name="Support", type="private")

    return growth_of(make, CHANNELS)


def workspace_of(account: Account) -> Any:
    """The account's own workspace."""
    taskrouter = account.client.taskrouter.v1
    return taskrouter.workspaces(taskrouter.workspaces.list()[0].sid)


def tasks() -> Iterator[Figure]:
    """Tasks that wait."""
    few, many = connect(seed=1), connect(seed=1)
    making = []
    for account in (few, many):
        own = workspace_of(account)
        workflow = own.workflows.list()[0].sid
        making.append(lambda own=own, workflow=workflow: own.tasks.create(workflow_sid=workflow))
    for _ in range(FEW):
        making[0]()
    for _ in range(TASKS):
        making[1]()
    found = in_turns(making[1], making[0], calls=20)
    yield paired_figure(f"create task, beside {TASKS:,} and {FEW} that wait", found, FLAT)
    listed = [workspace_of(account).tasks for account in (many, few)]
    listing = [lambda own=own: own.list(limit=50) for own in listed]
    found = in_turns(*listing, rounds=15, calls=5)
    yield paired_figure(f"list 50 tasks, of {TASKS:,} and {FEW}", found, FLAT)


def contacts() -> Iterator[Figure]:
    """Flex channels, each with its task."""
    few, many = connect(seed=1), connect(seed=1)
    making = []
    for account, count in ((few, 10), (many, CONTACTS)):
        flow = task_flow(account.client, account.credentials.chat_service_sid)
        numbers = iter(range(10**9))

        def make(client: Any = account.client, flow: str = flow, numbers: Any = numbers) -> object:
            return contact(client, flow, next(numbers))

        making.append(make)
        for _ in range(count):
            make()
    found = in_turns(making[1], making[0], calls=10)
    yield paired_figure(f"Flex channel with a task, beside {CONTACTS:,} and 10", found, FLAT)


WAITING, WORKERS = 5_000, 15


def available() -> Figure:
    """A worker who becomes available beside many tasks that wait."""
    account = connect(seed=1)
    own = workspace_of(account)
    activities = {each.friendly_name: each.sid for each in own.activities.list()}
    workers = [own.workers.create(friendly_name=f"agent {count}") for count in range(WORKERS)]
    workflow = own.workflows.list()[0].sid
    for _ in range(WAITING):
        own.tasks.create(workflow_sid=workflow)
    taken = []
    for worker in workers:
        started = time.thread_time()
        own.workers(worker.sid).update(activity_sid=activities["Available"])
        taken.append(time.thread_time() - started)
        assert len(own.workers(worker.sid).reservations.list()) > 0
    value = 1000 * statistics.median(taken)
    name = f"worker who becomes available beside {WAITING:,} tasks that wait"
    return Figure(name, f"{number(value)} ms", "", value, "ms", at_most=5)


if __name__ == "__main__":
    print(idle_channels())
