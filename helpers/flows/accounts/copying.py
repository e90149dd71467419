"""Throw-away copies of an account to play in; the original is read, never written to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from operator import attrgetter
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ...account import Account
from ...mock import Credentials, MockTwilio, Snapshot, WebhookRequest
from ..errors import FlowProblem, Problem
from ..file.contents import Config
from ..file.conversations import ConversationConfig
from .directory import Directory
from .ways_in import arguments_for, routing_in

Servers = Mapping[str, Callable[[Account], Callable[[WebhookRequest], Any]]]
"""Makers of receivers, by the URL that they answer for; called with the copy as an account."""
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""Time in a new account: a Monday morning."""
SETTLING = 10.0
"""Seconds of real time to wait until the original's own flows and webhooks are idle."""
DAY = 86_400
PUBLISHED, NOT_FOUND = "published", 404


def account_of(mock: MockTwilio) -> Account:
    """A mock as an account."""
    return Account("mock", mock.credentials, mock.http_client, mock)


def plain_client(mock: MockTwilio) -> Client:
    """A client of a mock whose requests are not logged."""
    own = mock.credentials
    return Client(own.account_sid, own.auth_token, http_client=mock.http_client)


def copy_of(
    account: Account | None,
    flows: Sequence[Config],
    conversations: bool = False,
    *,
    with_studio: bool = False,
) -> tuple[MockTwilio, list[dict[str, Any]]]:
    """Copy an account, or make one, for flows to be played in; the clock of the copy stands still.

    It stands where the account's does, or on a Monday morning if that runs. A mock in this kernel
    is copied whole, and all in it is as old, and due as soon, as there. Of a shared or live account
    the resources that chats need are read through the SDK: services, workspaces with their queues,
    workflows and workers (but for their capacities), and the flows' own Studio flows;
    `conversations` copies the services of Conversations without any flow, `with_studio` all Studio
    flows.

    Returns:
        The copy, and the flows' arguments of `flex_flow.create` there; those of a way into Flex
        Conversations with `routing`, the properties of its own Interaction.

    Raises:
        FlowProblem: A flow names something that the account does not have, or the mock refuses a
            resource that was read, as it cannot simulate it.
    """
    if account is not None and not isinstance(account, Account):
        raise TypeError(f"account={account!r}: give an account, as `connect` returns it")
    if account is None:
        mock = new_mock()
    elif isinstance(original := account.mock, MockTwilio):
        original.studio.settle(SETTLING)
        original.webhooks.settle(SETTLING)
        now = int(original.clock.now())
        moment = now if original.clock.is_frozen else START.timestamp()
        snapshot = original.take_snapshot()
        mock = _restored(snapshot, original.credentials, moment, moment - now)
        mock.studio.time_zone = original.studio.time_zone
    else:
        given = [arguments_in(account, flow) for flow in flows]
        mock = new_mock(account.clock.now() if account.clock.is_frozen else START)
        names = ("integration_flow_sid", "auto_creation_studio_flow_sid")
        studio_flows = [each.get(name) for each in given for name in names]
        if with_studio:
            studio_flows += [each.sid for each in account.client.studio.v2.flows.list()]
        copying = _Copying(account, mock)
        of_conversations = (isinstance(each, ConversationConfig) for each in flows)
        copying.run(studio_flows, conversations or any(of_conversations))
        return mock, [copying.arguments(each) for each in given]
    return mock, [arguments_in(account_of(mock), flow) for flow in flows]


def arguments_in(account: Account, flow: Config) -> dict[str, Any]:
    """A config's arguments in an account, as `copy_of` returns them."""
    found = arguments_for(account, flow)
    if isinstance(flow, ConversationConfig):
        found["routing"] = routing_in(Directory(account), flow)
    return found


def new_mock(at: datetime | float = START) -> MockTwilio:
    """A new account of this time, whose clock stands still."""
    mock = MockTwilio()
    mock.reset(at)
    return mock


def _restored(
    snapshot: Snapshot, credentials: Credentials, moment: float, shift: float
) -> MockTwilio:
    """A mock with a snapshot's resources and next SIDs, whose webhooks reach no network."""
    mock = MockTwilio(credentials=credentials)
    mock.webhooks.register_fallback(lambda _: None)
    mock.clock.freeze(moment)
    mock.restore(snapshot, shift=shift)
    return mock


@dataclass(frozen=True, slots=True)
class Origin:
    """An account to copy, in a form that other processes can be sent; it carries no secret.

    The snapshot was taken, and a day in a copy begins, at the midnight before, in epoch seconds.
    `time_zone` is that of dates in templates.
    """

    account_sid: str
    service_sid: str
    taken: float
    begins: float
    time_zone: str
    snapshot: Snapshot = field(repr=False)

    @classmethod
    def of(cls, mock: MockTwilio) -> Origin:
        """Take a snapshot of a mock."""
        own, taken = mock.credentials, mock.clock.now()
        begins = taken // DAY * DAY
        return cls(
            own.account_sid,
            own.chat_service_sid,
            taken,
            begins,
            mock.studio.time_zone,
            mock.take_snapshot(),
        )

    def copy(self) -> MockTwilio:
        """A mock with the same resources, at the beginning of the day."""
        credentials = replace(
            Credentials.demo(), account_sid=self.account_sid, chat_service_sid=self.service_sid
        )
        shift = self.begins - self.taken
        mock = _restored(self.snapshot, credentials, self.begins, shift)
        mock.studio.time_zone = self.time_zone
        return mock


class _Copying:
    """Copies an account through the SDK, with GET requests only, into a mock emptied for it."""

    def __init__(self, original: Account, mock: MockTwilio) -> None:
        self._from = original.client
        self._to = plain_client(mock)
        own = original.credentials.chat_service_sid
        self._sids = {own: mock.credentials.chat_service_sid}  # in the copy, by the original's

    def run(self, studio_flows: Iterable[str | None], conversations: bool) -> None:
        """Copy everything that chats, or conversations, need, and these Studio flows."""
        copy = self._to
        kinds = copy.flex_api.v1.flex_flow, copy.studio.v2.flows, copy.taskrouter.v1.workspaces
        for resource in chain.from_iterable(kind.list() for kind in kinds):
            resource.delete()
        if conversations:
            self._conversation_services()
        else:
            self._chat_services()
        for space in self._from.taskrouter.v1.workspaces.list():
            with _copyable(f"workspace {space.friendly_name!r}"):
                self._workspace(space)
        for studio_sid in studio_flows:
            if studio_sid is not None:
                flow = self._from.studio.v2.flows(studio_sid).fetch()
                for state in flow.definition["states"]:
                    if state["type"] == "run-subflow":
                        self._subflow(state["properties"])
                self._studio_flow(flow, flow.status)

    def arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        """The same arguments with the copy's SIDs."""
        return {
            name: self.arguments(value)
            if isinstance(value, dict)
            else self._renamed(value)
            if isinstance(value, str)
            else value
            for name, value in given.items()
        }

    def _chat_services(self) -> None:
        services = self._to.chat.v2.services
        for service in self._from.chat.v2.services.list():
            self._service(service)
            services(self._sids[service.sid]).update(**_given(service, _SERVICE))

    def _conversation_services(self) -> None:
        """Copy services without the legacy API, which the account may not have any more."""
        old, new = self._from.conversations.v1, self._to.conversations.v1
        new.configuration().update(**_given(old.configuration().fetch(), _TIMERS))
        for service in old.services.list():
            self._service(service)
            hooks = old.services(service.sid).configuration.webhooks().fetch()
            if given := _given(hooks, _HOOKS):
                own = new.services(self._sids[service.sid])
                own.configuration.webhooks().update(**given)
        if given := _given(old.configuration.webhooks().fetch(), _HOOKS):
            new.configuration.webhooks().update(**given)

    def _service(self, service: Any) -> None:
        if service.sid not in self._sids:
            made = self._to.chat.v2.services.create(friendly_name=service.friendly_name)
            self._sids[service.sid] = made.sid

    def _studio_flow(self, flow: Any, status: str) -> None:
        definition = json.loads(self._renamed(json.dumps(flow.definition)))
        with _copyable(f"Studio flow {flow.friendly_name!r}"):
            copied = self._to.studio.v2.flows.create(flow.friendly_name, status, definition)
        self._sids[flow.sid] = copied.sid

    def _subflow(self, properties: dict[str, Any]) -> None:
        """Copy the revision of a subflow that runs, if there is one, and let the flow run that."""
        sid, number = (str(properties.get(name)) for name in ("flow_sid", "flow_revision"))
        if sid not in self._sids:
            number = number if number.isdecimal() else "LatestPublished"
            try:
                self._studio_flow(
                    self._from.studio.v2.flows(sid).revisions(number).fetch(), PUBLISHED
                )
            except TwilioRestException as missing:
                if missing.status != NOT_FOUND:
                    raise
                return
        properties["flow_revision"] = "LatestPublished"

    def _workspace(self, space: Any) -> None:
        made = self._to.taskrouter.v1.workspaces.create(
            friendly_name=space.friendly_name,
            **_given(space, "event_callback_url multi_task_enabled"),
        )
        self._sids[space.sid] = made.sid
        old = self._from.taskrouter.v1.workspaces(space.sid)
        new = self._to.taskrouter.v1.workspaces(made.sid)
        self._each(old.activities, new.activities, "friendly_name available")
        new.update(**self._translated(space, "default_activity_sid timeout_activity_sid"))
        self._each(old.task_channels, new.task_channels, "unique_name friendly_name")
        self._each(old.task_queues, new.task_queues, _QUEUE)
        for worker, copied in self._each(old.workers, new.workers, "friendly_name attributes"):
            new.workers(copied.sid).update(activity_sid=self._sids[worker.activity_sid])
        self._each(old.workflows, new.workflows, _WORKFLOW)

    def _each(self, old: Any, new: Any, fields: str) -> list[tuple[Any, Any]]:
        """Copy a collection; a resource with the same first field that exists stands for it."""
        key = attrgetter(fields.split(maxsplit=1)[0])
        existing = {key(each): each for each in new.list()}
        pairs = []
        for each in old.list():
            copied = existing.get(key(each)) or new.create(**self._translated(each, fields))
            self._sids[each.sid] = copied.sid
            pairs.append((each, copied))
        return pairs

    def _translated(self, resource: Any, fields: str) -> dict[str, Any]:
        return {
            name: self._renamed(value) if isinstance(value, str) else value
            for name, value in _given(resource, fields).items()
        }

    def _renamed(self, text: str) -> str:
        for old, new in self._sids.items():
            text = text.replace(old, new)
        return text


@contextmanager
def _copyable(what: str) -> Iterator[None]:
    """Name the resource that the mock refuses."""
    try:
        yield
    except TwilioRestException as refused:
        fix = f"cannot be copied, so that nothing that needs it can be rehearsed: {refused.msg}"
        raise FlowProblem(Problem("", what, fix)) from None


_SERVICE = (
    "friendly_name pre_webhook_url post_webhook_url webhook_method webhook_filters"
    " pre_webhook_retry_count post_webhook_retry_count"
)
_TIMERS = "default_inactive_timer default_closed_timer"
_HOOKS = "pre_webhook_url post_webhook_url method filters"
_QUEUE = (
    "friendly_name target_workers max_reserved_workers task_order assignment_activity_sid"
    " reservation_activity_sid"
)
_WORKFLOW = (
    "friendly_name configuration assignment_callback_url fallback_assignment_callback_url"
    " task_reservation_timeout"
)


def _given(resource: Any, fields: str) -> dict[str, Any]:
    """Fields of a resource, named in one text, that are set: parameters of the same names."""
    found = {name: getattr(resource, name) for name in fields.split()}
    return {name: value for name, value in found.items() if value not in (None, "", [])}
