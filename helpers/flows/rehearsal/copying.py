"""A throw-away copy of an account to rehearse in; the original is read, never written to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ...account import Account
from ...mock import MockTwilio
from ..config import FlexFlowConfig
from ..directory import arguments_for
from ..errors import FlowProblem, Problem

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""When a rehearsal in a new account begins: a Monday morning."""
SETTLING = 10.0
"""Seconds of real time that the original's own flows and webhooks have to come to rest."""


def copy_for(flow: FlexFlowConfig, account: Account | None) -> tuple[MockTwilio, dict[str, Any]]:
    """A mock of its own to rehearse a flow in, and the flow's arguments there.

    Args:
        flow: What is to be rehearsed.
        account: As for `copy_of`; of a shared or live one only the flow's own Studio flow is read.

    Raises:
        FlowProblem: The flow names what the account does not have, or the mock cannot run it.
    """
    if account is not None and not isinstance(account.mock, MockTwilio):
        arguments = arguments_for(account, flow)
        mock, renamed = copy_of(account, [arguments.get("integration_flow_sid")])
        return mock, {name: renamed.get(value, value) for name, value in arguments.items()}
    mock, _ = copy_of(account)
    copied = Account("mock", mock.credentials, mock.http_client, mock)
    return mock, arguments_for(copied, flow)


def copy_of(
    account: Account | None, studio_flows: Iterable[str | None] | None = None
) -> tuple[MockTwilio, dict[str, str]]:
    """A mock of its own, its clock standing still, and what the original's SIDs are called there.

    Args:
        account: None for a new account; a mock in this kernel, copied whole, its clock going on
            from where it stood; or a shared or live account, of which what chats need is read
            through the SDK: services, workspaces with their queues, workflows and workers (but
            for their capacities), and Studio flows.
        studio_flows: SIDs of the Studio flows that are read; all by default.

    Raises:
        FlowProblem: The mock refuses something that was read, as it cannot run it.
    """
    if account is not None and isinstance(account.mock, MockTwilio):
        return _twin(account.mock), {}
    mock = MockTwilio()
    mock.clock.freeze(START)
    if account is None:
        return mock, {}
    copying = _Copying(account.client, mock)
    copying.carry_out(account.credentials.chat_service_sid, studio_flows)
    return mock, copying.sids


def _twin(mock: MockTwilio) -> MockTwilio:
    """A copy with the same resources and next SIDs, that tells nobody of what was due."""
    mock.studio.settle(SETTLING)
    mock.webhooks.settle(SETTLING)
    twin = MockTwilio(credentials=mock.credentials)
    twin.webhooks.register_fallback(lambda _: None)
    twin.clock.freeze(int(mock.clock.now()))
    twin.restore(mock.take_snapshot())
    return twin


class _Copying:
    """Copies an account through the SDK, with GET requests only, into a mock emptied for it.

    Attributes:
        sids: What the original's SIDs are called in the copy.
    """

    def __init__(self, original: Client, mock: MockTwilio) -> None:
        credentials = mock.credentials
        self._from = original
        self._to = Client(
            credentials.account_sid, credentials.auth_token, http_client=mock.http_client
        )
        self._own_service = credentials.chat_service_sid
        self.sids: dict[str, str] = {}

    def carry_out(self, own_service: str, studio_flows: Iterable[str | None] | None) -> None:
        """Copy what chats need, and these Studio flows, or all."""
        self._empty()
        self._services(own_service)
        for space in self._from.taskrouter.v1.workspaces.list():
            with _copyable(f"workspace {space.friendly_name!r}"):
                self._workspace(space)
        flows = self._from.studio.v2.flows
        for sid in [each.sid for each in flows.list()] if studio_flows is None else studio_flows:
            if sid is not None:
                self._studio_flow(flows(sid).fetch())

    def _empty(self) -> None:
        for flow in self._to.flex_api.v1.flex_flow.list():
            flow.delete()
        for flow in self._to.studio.v2.flows.list():
            flow.delete()
        for space in self._to.taskrouter.v1.workspaces.list():
            space.delete()

    def _services(self, own: str) -> None:
        services = self._to.chat.v2.services
        for service in self._from.chat.v2.services.list():
            sid = self._own_service
            if service.sid != own:
                sid = services.create(friendly_name=service.friendly_name).sid
            self.sids[service.sid] = sid
            services(sid).update(**_given(service, _SERVICE))

    def _workspace(self, space: Any) -> None:
        made = self._to.taskrouter.v1.workspaces.create(
            friendly_name=space.friendly_name, **_given(space, _WORKSPACE)
        )
        self.sids[space.sid] = made.sid
        old = self._from.taskrouter.v1.workspaces(space.sid)
        new = self._to.taskrouter.v1.workspaces(made.sid)
        self._each(old.activities, new.activities, ("friendly_name", "available"))
        new.update(**self._translated(_given(space, _ACTIVITIES)))
        self._each(old.task_channels, new.task_channels, ("unique_name", "friendly_name"))
        self._each(old.task_queues, new.task_queues, _QUEUE)
        workers = self._each(old.workers, new.workers, ("friendly_name", "attributes"))
        for worker, copied in workers:
            new.workers(copied.sid).update(activity_sid=self.sids[worker.activity_sid])
        self._each(old.workflows, new.workflows, _WORKFLOW)

    def _each(self, old: Any, new: Any, fields: Sequence[str]) -> list[tuple[Any, Any]]:
        """Copy a collection; what has the same in its first field already is taken for it."""
        name = fields[0]
        there = {getattr(each, name): each for each in new.list()}
        pairs = []
        for each in old.list():
            given = self._translated(_given(each, fields))
            copied = there.get(getattr(each, name)) or new.create(**given)
            self.sids[each.sid] = copied.sid
            pairs.append((each, copied))
        return pairs

    def _studio_flow(self, flow: Any) -> None:
        given = {"friendly_name": flow.friendly_name, "status": flow.status}
        definition = json.loads(self._renamed(json.dumps(flow.definition)))
        with _copyable(f"Studio flow {flow.friendly_name!r}"):
            made = self._to.studio.v2.flows.create(definition=definition, **given)
            self.sids[flow.sid] = made.sid

    def _translated(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self._renamed(value) if isinstance(value, str) else value
            for name, value in given.items()
        }

    def _renamed(self, text: str) -> str:
        for old, new in self.sids.items():
            text = text.replace(old, new)
        return text


@contextmanager
def _copyable(what: str) -> Iterator[None]:
    """What the mock refuses to hold is named."""
    try:
        yield
    except TwilioRestException as refused:
        fix = f"cannot be copied, so that nothing that needs it can be rehearsed: {refused.msg}"
        raise FlowProblem(Problem("", what, fix)) from None


_SERVICE = (
    "friendly_name",
    "pre_webhook_url",
    "post_webhook_url",
    "webhook_method",
    "webhook_filters",
    "pre_webhook_retry_count",
    "post_webhook_retry_count",
)
_WORKSPACE = ("event_callback_url", "multi_task_enabled")
_ACTIVITIES = ("default_activity_sid", "timeout_activity_sid")
_QUEUE = (
    "friendly_name",
    "target_workers",
    "max_reserved_workers",
    "task_order",
    "assignment_activity_sid",
    "reservation_activity_sid",
)
_WORKFLOW = (
    "friendly_name",
    "configuration",
    "assignment_callback_url",
    "fallback_assignment_callback_url",
    "task_reservation_timeout",
)


def _given(resource: Any, fields: Iterable[str]) -> dict[str, Any]:
    """Those of a resource's fields that are set, as parameters of the same names."""
    found = {name: getattr(resource, name) for name in fields}
    return {name: value for name, value in found.items() if value not in (None, "", [])}
